import Glibc

/// Reads the tab-separated fields of a line, one after another.
struct FieldReader {
  private let line: ArraySlice<UInt8>
  private var at: Int
  private var isAtEnd = false

  init(_ line: ArraySlice<UInt8>) {
    self.line = line
    at = line.startIndex
  }

  /// The next field; nil when there is none.
  mutating func next() -> ArraySlice<UInt8>? {
    guard !isAtEnd else { return nil }
    let end = line.withUnsafeBufferPointer { bytes in
      let offset = at - line.startIndex
      guard offset < bytes.count, let start = bytes.baseAddress?.advanced(by: offset),
        let tab = memchr(start, CInt(UInt8(ascii: "\t")), bytes.count - offset)
      else { return line.endIndex }
      return at + (UnsafeRawPointer(tab) - UnsafeRawPointer(start))
    }
    let field = line[at..<end]
    isAtEnd = end == line.endIndex
    at = isAtEnd ? end : end + 1
    return field
  }

  /// What has not been read.
  var rest: ArraySlice<UInt8> { line[at...] }

  mutating func text() -> String? {
    next().map { String(decoding: $0, as: UTF8.self) }
  }

  /// A decimal number; nil when it is none.
  mutating func number() -> UInt64? {
    next().flatMap(Self.number)
  }

  /// A decimal number, or nothing where the field is empty; nil when it is neither.
  mutating func optionalNumber() -> UInt64?? {
    guard let field = next() else { return nil }
    if field.isEmpty { return .some(nil) }
    return Self.number(field).map(Optional.some)
  }

  static func number(_ digits: some Collection<UInt8>) -> UInt64? {
    guard (1...19).contains(digits.count) else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
