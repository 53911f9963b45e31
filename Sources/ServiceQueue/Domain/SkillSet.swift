/// What a service requires of whoever claims it, or what an employee can do: a set of words such as `german` or `towing`.
///
/// A word is 1 to 32 of `a-z0-9._-`; a service requires at most `mostRequired`, an employee has at most `mostHeld`.
public struct SkillSet: Hashable, Sendable, CustomStringConvertible {
  /// The words, sorted.
  public let words: [String]

  /// Words that a service may require, at most.
  public static let mostRequired = 8
  /// Words that an employee may have, at most.
  public static let mostHeld = 64
  /// Different sets of required words among the live services of one queue, at most.
  public static let mostPerQueue = 64

  /// No words.
  public static let none = SkillSet(known: [])

  /// Nil when a word is not one, or when there are more than `most`. Repeated words count once.
  public init?(_ words: some Sequence<String>, most: Int) {
    let unique = Set(words)
    guard unique.count <= most, unique.allSatisfy(Self.isWord) else { return nil }
    self.init(known: unique.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  private init(known words: [String]) { self.words = words }

  /// Reads `description`; nil when it is none.
  public init?(signature: String) {
    guard
      let read = SkillSet(
        signature.split(separator: ",", omittingEmptySubsequences: true).map(String.init), most: .max),
      read.description == signature
    else { return nil }
    self = read
  }

  /// True when there are none.
  public var isEmpty: Bool { words.isEmpty }

  /// True when every word of `required` is here.
  public func covers(_ required: SkillSet) -> Bool {
    required.isEmpty || Set(words).isSuperset(of: required.words)
  }

  /// The words in the order of their bytes, joined by commas: the same set is the same text.
  public var description: String { words.joined(separator: ",") }

  /// True for a word that may name a skill.
  public static func isWord(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...32).contains(bytes.count)
      && bytes.allSatisfy {
        $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
      }
  }
}
