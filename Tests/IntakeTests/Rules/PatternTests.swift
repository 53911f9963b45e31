import Testing

@testable import Intake

@Suite("Patterns of rules")
struct PatternTests {
  @Test(arguments: [
    ("abc", "abc", true), ("abc", "abcd", false), ("abc", "", false), ("*", "", true), ("*", "any\nthing", true),
    ("a*", "a", true), ("a*c", "abbc", true), ("a*c", "abcb", false), ("*b*", "abc", true), ("**a**", "a", true),
    ("?", "x", true), ("?", "", false), ("?", "xy", false), ("?", "\u{1F600}", true), ("a?c", "a\u{E9}c", true),
    ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[!a-c]x", "ax", false),
    ("[abc]*", "cat", true), ("[]]", "]", true), ("[!]]", "]", false), ("[a-]", "-", true), ("[-a]", "-", true),
    ("[*]", "*", true), ("[*]", "x", false), ("[?]", "?", true), ("[[]", "[", true), ("a]", "a]", true),
    ("\\*", "\\x", true), ("[\u{E0}-\u{FF}]", "\u{E9}", true), ("[!a]", "\u{E9}", true), ("[a-z]", "\u{E9}", false),
    ("M[0-9]*", "M25 north", true), ("*@example.org", "ann@example.org", true), ("*.jpg", "a.jpeg", false),
  ])
  func match(_ pattern: String, _ text: String, _ matches: Bool) throws {
    #expect(try Pattern(pattern).matches(text) == matches)
  }

  @Test(arguments: ["", "[", "[a", "[]", "[!]", "[z-a]", String(repeating: "x", count: 128)])
  func refuses(_ pattern: String) {
    #expect(throws: Pattern.Mistake.self) { try Pattern(pattern) }
  }

  @Test func areBounded() throws {
    let longest = String(repeating: "x", count: 127)
    #expect(try Pattern(longest).matches(longest))
    #expect(try Pattern("*\(longest)*").matches("y\(longest)y"))
    #expect(try Pattern("*").matches(String(repeating: "x", count: 16_384)))
    #expect(try !Pattern("*").matches(String(repeating: "x", count: 16_385)))
    // A matcher that goes back would take longer than anybody waits.
    let stars = String(repeating: "a*", count: 60) + "b"
    #expect(try !Pattern(stars).matches(String(repeating: "a", count: 16_384)))
  }

  @Test func agreesWithANaiveMatcher() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3_000 {
      let pattern = (0..<Int.random(in: 1...7, using: &random)).map { _ in
        ["a", "b", "\u{E9}", "?", "*", "*", "[ab]", "[!a]", "[a-c]"].randomElement(using: &random) ?? "a"
      }
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        ["a", "b", "c", "\u{E9}"].randomElement(using: &random) ?? "a"
      }
      let expected = naiveMatch(pattern[...], text[...])
      #expect(
        try Pattern(pattern.joined()).matches(text.joined()) == expected, "seed \(seed): \(pattern) on \(text)")
    }
  }
}

/// By going back, on the parts of a pattern.
func naiveMatch(_ pattern: ArraySlice<String>, _ text: ArraySlice<String>) -> Bool {
  guard let part = pattern.first else { return text.isEmpty }
  if part == "*" { return (0...text.count).contains { naiveMatch(pattern.dropFirst(), text.dropFirst($0)) } }
  guard let character = text.first else { return false }
  let accepts =
    switch part {
    case "?": true
    case "[ab]": "ab".contains(character)
    case "[!a]": character != "a"
    case "[a-c]": "abc".contains(character)
    default: part == character
    }
  return accepts && naiveMatch(pattern.dropFirst(), text.dropFirst())
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
