import ServiceQueue

/// The context attributes of a CloudEvent, gathered one by one and checked as CloudEvents 1.0 has them. Pure.
///
/// Of extension attributes only those of the distributed tracing extension are kept; that they are few and short is checked, so that
/// nobody smuggles a second body.
struct EventAttributes {
  /// A value in the type system of CloudEvents; the members of JSON and the headers of AMQP are turned into it.
  enum Value {
    case text(String)
    /// A moment that was no text.
    case time
    /// A truth value, a whole number, bytes.
    case other(String)
  }

  enum Limits {
    /// Extension attributes.
    static let extensions = 64
    /// Bytes of an attribute's name.
    static let nameBytes = 64
    /// Bytes of an attribute's value.
    static let valueBytes = 2_048
  }

  /// A handful: looked through faster than hashed.
  private var found: [(name: String, text: String)] = []
  private var hasTime = false
  private var extensions = 0
  private var tracing = TraceContext(traceparent: "")

  private static let known = [
    "specversion", "id", "source", "type", "datacontenttype", "dataschema", "subject", "time",
  ]

  /// True for attributes that CloudEvents defines; other names are extensions.
  static func isKnown(_ name: String) -> Bool { known.contains(name) }

  /// The trace in which the event came about; not yet held against the specification.
  var trace: TraceContext? { tracing.traceparent.isEmpty ? nil : tracing }

  /// The text of an attribute; nil where it is absent.
  func text(_ name: String) -> String? { found.first { $0.name == name }?.text }

  /// Takes an attribute in. Twice the same is ambiguous: an attribute has one value.
  mutating func take(_ name: String, _ value: Value) throws(Rejection) {
    guard Self.isKnown(name) else {
      extensions += 1
      guard extensions <= Limits.extensions, name.utf8.count <= Limits.nameBytes else {
        throw Rejection(.tooLarge, "the event has more than \(Limits.extensions) extensions, or one with a long name")
      }
      if case .text(let text) = value {
        guard text.utf8.count <= Limits.valueBytes else {
          throw Rejection(.tooLarge, "an extension has more than \(Limits.valueBytes) bytes")
        }
        tracing[name] = text
      }
      return
    }
    guard text(name) == nil, !(name == "time" && hasTime) else {
      throw Rejection(.invalidValue, "\(name): is there twice")
    }
    switch value {
    case .text(let text):
      guard text.utf8.count <= Limits.valueBytes else {
        throw Rejection(.tooLarge, "\(name): at most \(Limits.valueBytes) bytes")
      }
      found.append((name, text))
    case .time where name == "time": hasTime = true
    case .time: throw Rejection(.wrongType, "\(name): must be a string, not a timestamp")
    case .other(let type): throw Rejection(.wrongType, "\(name): must be a string, not \(type)")
    }
  }

  /// Checks what there must be and the form of all; the idempotency key of the event.
  func key() throws(Rejection) -> String {
    guard let version = text("specversion") else {
      throw Rejection(.missingField, "specversion: a CloudEvent has one")
    }
    guard version == "1.0" else { throw Rejection(.unsupportedVersion, "specversion: only 1.0 is taken") }
    guard let id = text("id"), !id.isEmpty else { throw Rejection(.missingID, "id: a CloudEvent has one") }
    for name in ["source", "type"] where (text(name) ?? "").isEmpty {
      throw Rejection(.missingField, "\(name): a CloudEvent has one")
    }
    for name in ["dataschema", "subject", "time"] where text(name)?.isEmpty == true {
      throw Rejection(.invalidValue, "\(name): must not be empty")
    }
    for (name, text) in found where !Self.isClean(text) {
      throw Rejection(.invalidValue, "\(name): must not have control characters")
    }
    let source = text("source") ?? ""
    guard URIReference.isReference(source) else {
      throw Rejection(.invalidValue, "source: must be a URI reference (RFC 3986), such as /branch/7 or urn:shop:7")
    }
    if let schema = text("dataschema"), !URIReference.isAbsolute(schema) {
      throw Rejection(.invalidValue, "dataschema: must be an absolute URI (RFC 3986)")
    }
    if let time = text("time"), Timestamp(rfc3339: time) == nil {
      throw Rejection(.invalidValue, "time: must be a time such as 2026-11-24T09:30:00Z (RFC 3339)")
    }
    return try Self.key(source: source, id: id)
  }

  /// Source and id, apart by a line feed, which neither has.
  static func key(source: String, id: String) throws(Rejection) -> String {
    guard isClean(id) else { throw Rejection(.invalidValue, "id: must be UTF-8 without control characters") }
    let key = "\(source)\n\(id)"
    guard key.utf8.count <= Envelope.idempotencyKeyLimit else {
      throw Rejection(
        .tooLarge, "id: source and id have more than \(Envelope.idempotencyKeyLimit - 1) bytes together")
    }
    return key
  }

  /// The strings of CloudEvents have no control characters and no noncharacters. Nor U+FFFD, which stands here for bytes that
  /// were no UTF-8: two ids must not become one by it.
  private static func isClean(_ text: String) -> Bool {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return true }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0xFFFD, 0xFDD0...0xFDEF: false
      case let value: value & 0xFFFE != 0xFFFE
      }
    }
  }
}

/// The characters of RFC 3986: not all of its grammar, but nothing that is none of it.
enum URIReference {
  static func isReference(_ text: String) -> Bool {
    guard !text.isEmpty else { return false }
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst(), let low = rest.popFirst(), isHexadecimal(high), isHexadecimal(low) else {
          return false
        }
      } else {
        guard isAlphanumeric(byte) || others.contains(byte) else { return false }
      }
    }
    return true
  }

  /// One with a scheme.
  static func isAbsolute(_ text: String) -> Bool {
    guard isReference(text), let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let scheme = text.utf8[..<colon]
    guard let first = scheme.first, isLetter(first), colon != text.utf8.index(before: text.utf8.endIndex) else {
      return false
    }
    return scheme.allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
  }

  private static let others = Set("-._~:/?#[]@!$&'()*+,;=".utf8)
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
  private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte | 0x20) }
}
