/// Why bytes are not a JSON document as Usher takes it. Names the place, never the content.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// More bytes than allowed.
    case tooLarge = "too_large"
    /// Objects and arrays nested deeper than allowed.
    case tooDeep = "too_deep"
    /// The document ends within a value, or is empty.
    case truncated
    /// A byte that cannot stand there.
    case unexpectedByte = "unexpected_byte"
    /// Something follows the value.
    case trailingBytes = "trailing_bytes"
    /// A number that is none by RFC 8259, such as `01`, `+1` or `1.`.
    case badNumber = "bad_number"
    /// An unknown escape, bad hexadecimal digits, or half a surrogate pair.
    case badEscape = "bad_escape"
    /// A control character in a string that is not escaped.
    case controlCharacter = "control_character"
    /// A string that is not well-formed UTF-8.
    case badUTF8 = "bad_utf8"
    /// An object has two members of one name.
    case duplicateKey = "duplicate_key"
  }

  /// What is wrong.
  public let code: Code
  /// The byte at which it was noticed, counted from the document's first.
  public let offset: Int

  /// An error of this kind at this byte.
  public init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }

  /// What is wrong and where, for people.
  public var description: String {
    let what =
      switch code {
      case .tooLarge: "the document is too large"
      case .tooDeep: "objects and arrays are nested too deep"
      case .truncated: "the document ends too early"
      case .unexpectedByte: "a byte that cannot stand there"
      case .trailingBytes: "something follows the value"
      case .badNumber: "not a JSON number"
      case .badEscape: "a bad escape in a string"
      case .controlCharacter: "a control character in a string is not escaped"
      case .badUTF8: "a string is not UTF-8"
      case .duplicateKey: "an object has two members of one name"
      }
    return "not valid JSON: \(what) (at byte \(offset))"
  }
}
