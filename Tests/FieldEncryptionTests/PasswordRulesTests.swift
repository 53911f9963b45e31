import Foundation
import Testing

@testable import FieldEncryption

@Suite struct PasswordRulesTests {
  private static let rules = PasswordRules()
  private static let words = ["anna.schmidt", "anna@service-desk.example", "Anna Schmidt", "berlin"]

  @Test(arguments: [
    "correct horse", "xkcd battery staple", "Tr0ub4dor&3 x", "ein langer Satz", "päßwörter sind toll",
    "f3a9c2e1d07b4568", "annas favourite bicycle is red", String(repeating: "correct horse battery ", count: 46),
  ])
  func good(_ password: String) {
    #expect(Self.rules.weakness(of: password, words: Self.words) == nil)
  }

  @Test(arguments: [
    ("", PasswordWeakness.tooShort(minimum: 12)), ("elevenchars", .tooShort(minimum: 12)),
    (String(repeating: "abcdefgi", count: 128) + "x", .tooLong),
    ("chickenwing101", .common), ("1qaz2wsx3edc4rfv", .common), ("CHICKENWING101", .common), ("password2026!", .common),
    ("2026Password!", .common), ("contortionist", .common), ("Administrator1", .common),
    ("aaaaaaaaaaaaaa", .simple), ("xyxyxyxyxyxyxy", .simple), ("abcdefghijkl", .simple), ("zyxwvutsrqpo", .simple),
    ("123456789012", .simple), ("abcdef123456", .simple), ("qwertzuiopasdf", .simple), ("Abc5Abc5Abc5", .simple),
    ("aaaabbbbccccdddd", .simple),
    ("anna.schmidt", .personal), ("AnnaSchmidt1!", .personal), ("anna@service-desk.example", .personal),
    ("berlinberlin42", .personal),
  ])
  func weak(_ password: String, _ why: PasswordWeakness) {
    #expect(Self.rules.weakness(of: password, words: Self.words) == why)
    #expect(!why.description.isEmpty)
  }

  @Test func theMinimumIsTheSites() {
    #expect(PasswordRules(minimum: 8).weakness(of: "xk3#mp9z") == nil)
    #expect(PasswordRules(minimum: 20).weakness(of: "correct horse") == .tooShort(minimum: 20))
    #expect(PasswordRules(minimum: 1).minimum == 8 && PasswordRules(minimum: 100).minimum == 64)
    // Characters, not bytes.
    #expect(PasswordRules(minimum: 8).weakness(of: "äöüß") == .tooShort(minimum: 8))
  }

  @Test func aFrontCodedList() {
    let list = CommonPasswords(text: Array("# a comment\n0abacus\n3\n3ca\n2c\n0b\n1anana\n".utf8))
    for word in ["abacus", "aba", "abaca"] { #expect(list.contains(word), "\(word)") }
    for word in ["", "a", "ab", "abac", "abacu", "abacuss", "bananas", "c", "#", "ananas"] {
      #expect(!list.contains(word), "\(word)")
    }
    for word in ["abc", "b", "banana"] { #expect(list.contains(word), "\(word)") }
  }

  @Test func theListIsWholeAndQuick() {
    var words: [[UInt8]] = []
    for line in PackageResources.common_passwords_txt.split(separator: UInt8(ascii: "\n")) where line.first != 0x23 {
      let shared = Int(String(decoding: line.prefix(1), as: UTF8.self), radix: 36) ?? 0
      words.append(Array((words.last ?? []).prefix(shared)) + line.dropFirst())
    }
    #expect(words.count > 10_000)
    let start = ContinuousClock.now
    for index in stride(from: 0, to: words.count, by: 500) {
      let word = String(decoding: words[index], as: UTF8.self)
      #expect(CommonPasswords.builtIn.contains(word), "\(word)")
      #expect(!CommonPasswords.builtIn.contains(word + "~"))
    }
    // In debug builds on a busy machine; it is a hundred times less else.
    #expect((ContinuousClock.now - start) / 60 < .seconds(1))
  }
}
