extension Timestamp {
  /// A moment from RFC 3339 text, `2026-11-24T09:30:00Z` with an optional fraction and offset; nil for anything else.
  public init?(rfc3339 text: String) {
    var rest = Array(text.utf8)[...]
    func digits(_ count: Int) -> Int64? {
      guard rest.count >= count else { return nil }
      var value: Int64 = 0
      for byte in rest.prefix(count) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      rest = rest.dropFirst(count)
      return value
    }
    func skip(_ characters: String) -> UInt8? {
      guard let byte = rest.first, characters.utf8.contains(byte) else { return nil }
      rest = rest.dropFirst()
      return byte
    }
    guard let year = digits(4), skip("-") != nil, let month = digits(2), skip("-") != nil, let day = digits(2),
      skip("Tt ") != nil, let hour = digits(2), skip(":") != nil, let minute = digits(2), skip(":") != nil,
      let second = digits(2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year), hour < 24,
      minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if skip(".") != nil {
      var scale: Int64 = 100
      guard let first = digits(1) else { return nil }
      fraction = first * scale
      while let digit = digits(1) {
        scale /= 10
        fraction += digit * scale
      }
    }
    var offset: Int64 = 0
    switch skip("Zz+-") {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
    case .some(let sign):
      guard let hours = digits(2), skip(":") != nil, let minutes = digits(2), hours < 24, minutes < 60 else {
        return nil
      }
      offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    case nil: return nil
    }
    guard rest.isEmpty else { return nil }
    let seconds = Self.daysSince1970(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
    self.init(milliseconds: seconds * 1_000 + fraction)
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// After H. Hinnant's `days_from_civil`.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
