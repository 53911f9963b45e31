/// A pattern that a whole text must match: `*` for any number of any characters, `?` for one, `[a-z0-9]` and `[!a-z]` for one of
/// a set or none of it; every other character for itself. In a set `]` comes first, `-` first or last; `[*]` is a star.
///
/// It is run as an automaton whose states are the bits of one number, all at once: each character of the text costs the same
/// few operations, whatever the pattern. (A character beyond ASCII costs one more for each character of the pattern.)
struct Pattern: Hashable, Sendable {
  /// What is wrong with a pattern, for people.
  struct Mistake: Error, Hashable {
    let message: String
  }

  private enum Token: Hashable, Sendable {
    case any
    case one(Unicode.Scalar)
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)

    func accepts(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .any: true
      case .one(let own): own == scalar
      case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
      }
    }
  }

  private let tokens: [Token]
  /// Bit n: before token n any number of characters may come.
  private let loops: UInt128
  /// For each character of ASCII the tokens that accept it.
  private let table: [UInt128]

  init(_ text: String) throws(Mistake) {
    var tokens: [Token] = []
    var loops: UInt128 = 0
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*":
        loops |= 1 << UInt128(tokens.count)
        continue
      case "?": tokens.append(.any)
      case "[": tokens.append(try Self.set(&rest))
      default: tokens.append(.one(scalar))
      }
      guard tokens.count <= RuleSet.Limits.patternCharacters else {
        throw Mistake(message: "has more than \(RuleSet.Limits.patternCharacters) characters")
      }
    }
    guard !text.isEmpty else { throw Mistake(message: "is empty") }
    self.tokens = tokens
    self.loops = loops
    table = (0..<128).map { Self.accepting(tokens, Unicode.Scalar(UInt8($0))) }
  }

  /// The rest of a set, behind its bracket.
  private static func set(_ rest: inout Substring.UnicodeScalarView) throws(Mistake) -> Token {
    let isNegated = rest.first == "!"
    if isNegated { rest.removeFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while let first = rest.popFirst() {
      if first == "]", !ranges.isEmpty { return .set(ranges, isNegated: isNegated) }
      var last = first
      if rest.first == "-", let end = rest.dropFirst().first, end != "]" {
        rest.removeFirst(2)
        last = end
      }
      guard first <= last else { throw Mistake(message: "has a set with a range backwards, \(first)-\(last)") }
      ranges.append(first...last)
    }
    throw Mistake(message: "has a set that does not end: a bracket itself is written [[]")
  }

  private static func accepting(_ tokens: [Token], _ scalar: Unicode.Scalar) -> UInt128 {
    var bits: UInt128 = 0
    for (place, token) in tokens.enumerated() where token.accepts(scalar) { bits |= 1 << UInt128(place) }
    return bits
  }

  func matches(_ text: String) -> Bool {
    guard text.utf8.count <= RuleSet.Limits.textBytes else { return false }
    // Bit n: the first n tokens match what was read so far.
    var reached: UInt128 = 1
    for scalar in text.unicodeScalars {
      let accepting = scalar.isASCII ? table[Int(scalar.value)] : Self.accepting(tokens, scalar)
      reached = (reached & accepting) << 1 | reached & loops
      if reached == 0 { return false }
    }
    return reached >> UInt128(tokens.count) & 1 == 1
  }
}
