import Glibc

/// Reads the tab-separated fields of a line, one after another. The line is somebody else's: the reader and what it gives are
/// for inside of that one's `withUnsafeBytes`.
struct FieldReader {
  private let line: UnsafeRawBufferPointer
  private var at = 0
  private var isAtEnd = false

  private static let tab = UInt8(ascii: "\t")

  init(_ line: UnsafeRawBufferPointer) {
    self.line = line
  }

  /// The next field; nil when there is none.
  mutating func next() -> UnsafeRawBufferPointer? {
    guard !isAtEnd else { return nil }
    var end = line.count
    if at < end, let start = line.baseAddress?.advanced(by: at), let tab = memchr(start, CInt(Self.tab), end - at) {
      end = at + (UnsafeRawPointer(tab) - start)
    }
    let field = UnsafeRawBufferPointer(rebasing: line[at..<end])
    endField(at: end)
    return field
  }

  /// What has not been read.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[at...]) }

  mutating func text() -> String? {
    next().map { String(decoding: $0, as: UTF8.self) }
  }

  /// A decimal number; nil when it is none, and then the reader is of no more use.
  mutating func number() -> UInt64? {
    optionalNumber() ?? nil
  }

  /// A decimal number, or nothing where the field is empty; nil when it is neither, and then the reader is of no more use.
  mutating func optionalNumber() -> UInt64?? {
    guard !isAtEnd else { return nil }
    var value: UInt64 = 0
    var end = at
    while end < line.count, line[end] != Self.tab {
      let digit = line[end] &- UInt8(ascii: "0")
      guard digit < 10, end - at < 19 else { return nil }
      value = value &* 10 &+ UInt64(digit)
      end += 1
    }
    let isEmpty = end == at
    endField(at: end)
    return isEmpty ? .some(nil) : value
  }

  private mutating func endField(at end: Int) {
    isAtEnd = end == line.count
    at = isAtEnd ? end : end + 1
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
