/// Finds sealed values that are equal without opening them: 128 bits of a keyed hash, stored in a column of their own.
///
/// Equal terms have equal values under one keyset and one purpose. Whoever has the database alone learns which rows share a
/// value, and nothing else; to guess at a term they need the keyset. The values outlive every rotation, since their key is
/// ``Keyset/indexSecret()``. Thread-safe.
public struct BlindIndex: Sendable {
  /// Bytes of a value.
  public static let length = 16

  /// What is looked up. Each kind is written in one form before it is hashed, and the kinds have nothing in common.
  public enum Term: Sendable, Equatable {
    /// An e-mail address: blanks around it go, ASCII letters become small, and all letters of the domain.
    case email(String)
    /// A telephone number, however it is grouped, with `+` or `00` before a country's code.
    case phone(String)
    /// Any other id: blanks around it go.
    case identifier(String)
  }

  private let hash: KeyedHash

  /// The index of one `purpose`, such as `users.email`; indexes of two purposes cannot be joined.
  public init(_ keyset: Keyset, purpose: StaticString) throws(LibcryptoError) {
    hash = try KeyedHash(keyset, purpose: purpose)
  }

  /// The same from the keyset behind `aead`.
  public init(_ aead: AEAD, purpose: StaticString) throws(LibcryptoError) {
    hash = try KeyedHash(aead, purpose: purpose)
  }

  /// The value of `term`, ``length`` bytes; nil when nothing is left of it in its one form.
  public func value(of term: Term) throws(LibcryptoError) -> [UInt8]? {
    guard let canonical = term.canonical else { return nil }
    return Array(try hash.hash(Array(canonical.utf8)).prefix(Self.length))
  }
}

extension BlindIndex.Term {
  /// The kind, a colon and the one form; nil when the form is empty.
  var canonical: String? {
    switch self {
    case .email(let text): Self.joined("email", Self.email(text))
    case .phone(let text): Self.joined("phone", Self.phone(text))
    case .identifier(let text): Self.joined("id", String(Self.trimmed(text)))
    }
  }

  private static func joined(_ kind: String, _ text: String) -> String? { text.isEmpty ? nil : kind + ":" + text }

  private static func email(_ text: String) -> String {
    let text = trimmed(text)
    guard let at = text.lastIndex(of: "@") else { return asciiLowercased(text) }
    return asciiLowercased(text[..<at]) + String(text[at...]).lowercased()
  }

  /// Digits, with `+` where it is an international number: `+49 (0)30 123`, `0049 30/123` and `+4930123` are one. What is none
  /// stays as it is, in small letters.
  private static func phone(_ text: String) -> String {
    let text = String(trimmed(text))
    return digits(text) ?? asciiLowercased(text[...])
  }

  private static func digits(_ text: String) -> String? {
    let isInternational = text.hasPrefix("+") || text.hasPrefix("00")
    var digits = ""
    for character in isInternational ? text.replacing("(0)", with: "") : text {
      switch character {
      case "0"..."9" where character.isASCII: digits.append(character)
      case "+" where digits.isEmpty: digits = "+"
      case " ", "-", "(", ")", "/", ".", "\u{A0}": break
      default: return nil
      }
    }
    if digits.hasPrefix("00") { digits = "+" + digits.dropFirst(2) }
    return digits.count > 2 ? digits : nil
  }

  private static func trimmed(_ text: String) -> Substring {
    var rest = text[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }

  private static func asciiLowercased(_ text: Substring) -> String {
    let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
    return String(decoding: text.utf8.map { capitals.contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }
}
