/// Reads JSON by RFC 8259, strictly: what any two readers could understand in different ways is an error.
///
/// Beyond the grammar it refuses duplicate member names (compared after unescaping, as bytes), lone surrogates in
/// escapes, malformed UTF-8, a byte order mark, and anything after the value. Time and memory are proportional to the size
/// of the document, the stack to its depth; both are bounded.
public struct JSONScanner {
  /// How much is read.
  public struct Limits: Hashable, Sendable {
    /// Bytes of the document.
    public var bytes: Int
    /// Objects and arrays around a value: 1 allows `[]`, but not `[[]]`.
    public var depth: Int

    /// Limits of `bytes` and `depth`.
    public init(bytes: Int = 262_144, depth: Int = 32) {
      self.bytes = bytes
      self.depth = depth
    }
  }

  private let bytes: ArraySlice<UInt8>
  private let depthLimit: Int
  private var index: Int

  /// Reads one document. Pure.
  ///
  /// - Parameters:
  ///   - bytes: the document, UTF-8, white space around the value allowed.
  ///   - limits: by default 256 KiB and a depth of 32.
  /// - Returns: the value; the ranges of members are indices into `bytes`.
  public static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(JSONError) -> JSONValue {
    try parse(bytes[...], limits: limits)
  }

  /// Reads one document that is part of an array, such as one line of several. Pure.
  ///
  /// - Parameters:
  ///   - bytes: the document, UTF-8, white space around the value allowed.
  ///   - limits: by default 256 KiB and a depth of 32.
  /// - Returns: the value; the ranges of members are indices into `bytes`, that is, into the array it is a part of.
  public static func parse(_ bytes: ArraySlice<UInt8>, limits: Limits = Limits()) throws(JSONError) -> JSONValue {
    guard bytes.count <= limits.bytes else { throw JSONError(.tooLarge, at: limits.bytes) }
    var scanner = JSONScanner(bytes: bytes, depthLimit: limits.depth, index: bytes.startIndex)
    scanner.skipWhitespace()
    let value = try scanner.value(depth: 0)
    scanner.skipWhitespace()
    guard scanner.index == bytes.endIndex else { throw scanner.error(.trailingBytes) }
    return value
  }

  // MARK: - Values

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard let first = peek() else { throw error(.truncated) }
    switch first {
    case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
    case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try number())
    default: throw error(.unexpectedByte)
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    guard depth <= depthLimit else { throw error(.tooDeep) }
    index += 1
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return JSONObject() }
    var members: [JSONObject.Member] = []
    var names = NameSet()
    while true {
      guard let next = peek() else { throw error(.truncated) }
      guard next == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
      let nameAt = index
      let name = try string()
      guard names.insert(name, beside: members) else { throw error(.duplicateKey, at: nameAt) }
      skipWhitespace()
      try expect(UInt8(ascii: ":"))
      skipWhitespace()
      let start = index
      let value = try value(depth: depth)
      members.append(JSONObject.Member(name: name, value: value, range: start..<index))
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return JSONObject(members) }
      try expect(UInt8(ascii: ","))
      skipWhitespace()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    guard depth <= depthLimit else { throw error(.tooDeep) }
    index += 1
    skipWhitespace()
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return elements }
    while true {
      elements.append(try value(depth: depth))
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return elements }
      try expect(UInt8(ascii: ","))
      skipWhitespace()
    }
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[offset]) }
  }

  // MARK: - Numbers

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = index
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    // What follows decides between `0` and `01`, `1` and `1x`.
    switch peek() {
    case nil, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x09, 0x0A, 0x0D: break
    default: throw error(.badNumber)
    }
    return JSONNumber(text: String(decoding: bytes[start..<index], as: UTF8.self))
  }

  private mutating func digits() throws(JSONError) {
    let start = index
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
    guard index > start else { throw error(peek() == nil ? .truncated : .badNumber) }
  }

  // MARK: - Strings

  private mutating func string() throws(JSONError) -> String {
    index += 1
    let start = index
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try text(bytes[start..<index], at: start)
        index += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw error(.controlCharacter)
      default: index += 1
      }
    }
    throw error(.truncated)
  }

  /// A string with at least one escape, at which `index` stands.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var unescaped = Array(bytes[start..<index])
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        // Escapes yield well-formed UTF-8, and quotes and escapes cannot stand within a multi-byte sequence, so the whole
        // is well-formed exactly when each part is.
        let text = try text(unescaped[...], at: start)
        index += 1
        return text
      case UInt8(ascii: "\\"):
        let scalar = try escape()
        unescaped.append(contentsOf: UTF8.encode(scalar)!)
      case 0..<0x20: throw error(.controlCharacter)
      default:
        unescaped.append(byte)
        index += 1
      }
    }
    throw error(.truncated)
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let start = index
    index += 1
    guard let kind = peek() else { throw error(.truncated) }
    index += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw error(.badEscape, at: start)
    }
    let unit = try hexadecimal(from: start)
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // Not a scalar: one of a surrogate pair, the leading one first.
    guard (0xD800...0xDBFF).contains(unit) else { throw error(.badEscape, at: start) }
    for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
      guard let byte = peek() else { throw error(.truncated) }
      guard byte == expected else { throw error(.badEscape, at: start) }
      index += 1
    }
    let trailing = try hexadecimal(from: start)
    guard (0xDC00...0xDFFF).contains(trailing),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trailing) - 0xDC00))
    else { throw error(.badEscape, at: start) }
    return scalar
  }

  private mutating func hexadecimal(from start: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek() else { throw error(.truncated) }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error(.badEscape, at: start)
      }
      unit = unit << 4 | UInt16(digit)
      index += 1
    }
    return unit
  }

  private func text(_ slice: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error(.badUTF8, at: start) }
    return text
  }

  // MARK: - Bytes

  private func peek() -> UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard let found = peek() else { throw error(.truncated) }
    guard found == byte else { throw error(.unexpectedByte) }
    index += 1
  }

  private mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func error(_ code: JSONError.Code, at place: Int? = nil) -> JSONError {
    JSONError(code, at: (place ?? index) - bytes.startIndex)
  }
}

/// The names an object has so far, as bytes: Swift's own equality of strings joins what Unicode calls equivalent. A few are
/// compared one by one; many are hashed, so that a long object does not cost the square of its length.
private struct NameSet {
  private var hashed: Set<[UInt8]> = []

  mutating func insert(_ name: String, beside members: [JSONObject.Member]) -> Bool {
    if members.count < 16 { return !members.contains { $0.name.utf8.elementsEqual(name.utf8) } }
    if hashed.isEmpty { for member in members { hashed.insert(Array(member.name.utf8)) } }
    return hashed.insert(Array(name.utf8)).inserted
  }
}
