/// A moment as Redis tells it: whole milliseconds since 1970-01-01 UTC.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public let milliseconds: Int64

  /// The moment `milliseconds` after 1970-01-01T00:00:00Z.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// The natural order.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

  /// RFC 3339 in UTC with milliseconds, such as `2026-11-24T09:30:00.250Z`. Days to civil date after
  /// H. Hinnant's `civil_from_days`.
  public var description: String {
    let days = milliseconds.flooredQuotient(86_400_000)
    let rest = milliseconds - days * 86_400_000
    let shifted = days + 719_468
    let era = shifted.flooredQuotient(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    var out = [UInt8]()
    out.reserveCapacity(24)
    out.appendDigits(year, width: 4)
    out.append(UInt8(ascii: "-"))
    out.appendDigits(month, width: 2)
    out.append(UInt8(ascii: "-"))
    out.appendDigits(day, width: 2)
    out.append(UInt8(ascii: "T"))
    out.appendDigits(rest / 3_600_000, width: 2)
    out.append(UInt8(ascii: ":"))
    out.appendDigits(rest / 60_000 % 60, width: 2)
    out.append(UInt8(ascii: ":"))
    out.appendDigits(rest / 1000 % 60, width: 2)
    out.append(UInt8(ascii: "."))
    out.appendDigits(rest % 1000, width: 3)
    out.append(UInt8(ascii: "Z"))
    return String(decoding: out, as: UTF8.self)
  }
}

extension Int64 {
  fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}

extension [UInt8] {
  fileprivate mutating func appendDigits(_ value: Int64, width: Int) {
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}
