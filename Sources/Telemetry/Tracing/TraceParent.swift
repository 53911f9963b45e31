/// The header `traceparent` of W3C Trace Context, level 1. Pure.
struct TraceParent: Hashable, Sendable {
  /// What the versions to come have in common with version 00: `VERSION-TRACEID-SPANID-FLAGS`.
  static let length = 55
  /// The one flag that there is: the caller may have recorded the trace.
  static let sampled: UInt8 = 0x01

  /// 16 bytes, not all zero.
  let traceID: TraceID
  /// 8 bytes, not all zero: the span that caused what follows; `parent-id` in the specification.
  let spanID: UInt64
  let isSampled: Bool

  /// What a header says; nil for what is malformed, which is as if there were none.
  init?(_ text: String) {
    let bytes = text.utf8
    guard bytes.count >= Self.length else { return nil }
    var fields = Hexadecimal(bytes)
    guard let version = fields.byte(), version != 0xFF, fields.dash(), let high = fields.word(),
      let low = fields.word(), fields.dash(), let span = fields.word(), fields.dash(), let flags = fields.byte(),
      high != 0 || low != 0, span != 0
    else { return nil }
    // Later versions may add something behind another dash.
    guard bytes.count == Self.length || (version > 0 && fields.dash()) else { return nil }
    traceID = TraceID(high: high, low: low)
    spanID = span
    isSampled = flags & Self.sampled != 0
  }

  init(traceID: TraceID, spanID: UInt64, isSampled: Bool) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
  }

  /// The header, in version 00 whatever version came in; flags that are not known are zero.
  var text: String { "00-\(traceID)-\(Hexadecimal.text(spanID))-\(isSampled ? "01" : "00")" }

  /// The same trace, further on.
  func child(_ spanID: UInt64) -> TraceParent {
    TraceParent(traceID: traceID, spanID: spanID, isSampled: isSampled)
  }
}

/// The id of a trace: 32 lower-case hexadecimal digits.
struct TraceID: Hashable, Sendable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  var description: String { Hexadecimal.text(high) + Hexadecimal.text(low) }
}

/// Reads fields of lower-case hexadecimal digits.
struct Hexadecimal {
  private var rest: Substring.UTF8View

  init(_ bytes: String.UTF8View) { rest = bytes[...] }

  mutating func byte() -> UInt8? { number(digits: 2).map(UInt8.init) }
  mutating func word() -> UInt64? { number(digits: 16) }
  mutating func dash() -> Bool { rest.popFirst() == UInt8(ascii: "-") }

  private mutating func number(digits: Int) -> UInt64? {
    var value: UInt64 = 0
    for _ in 0..<digits {
      guard let byte = rest.popFirst() else { return nil }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }

  /// 16 digits.
  static func text(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
