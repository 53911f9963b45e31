import Testing

@testable import FieldEncryption

@Suite struct BlindIndexTests {
  @Test(
    arguments: [
      (BlindIndex.Term.email(" Nina.Example@EXAMPLE.org\n"), "email:nina.example@example.org"),
      (.email("Ä@BÜCHER.example"), "email:Ä@bücher.example"), (.email("\"a@b\"@C.d"), "email:\"a@b\"@c.d"),
      (.email("nobody"), "email:nobody"), (.phone(" +44 (20) 7946-0000"), "phone:+442079460000"),
      (.phone("020 7946 0000"), "phone:02079460000"), (.phone("+49 (0)30 123-45"), "phone:+493012345"),
      (.phone("0049 30/12345"), "phone:+493012345"), (.phone("(030) 12345"), "phone:03012345"),
      (.phone("+49 30 ext. 5"), "phone:+49 30 ext. 5"), (.phone("Ask Bob"), "phone:ask bob"),
      (.phone("1+2"), "phone:1+2"),
      (.phone("12"), "phone:12"), (.phone(" \t"), nil), (.email("  "), nil),
      (.identifier(" A-17 "), "id:A-17"), (.identifier(""), nil),
    ] as [(BlindIndex.Term, String?)])
  func eachTermHasOneForm(term: BlindIndex.Term, canonical: String?) {
    #expect(term.canonical == canonical)
  }

  @Test func equalTermsAreFoundUnderOnePurposeAlone() throws {
    let keyset = try Keyset.generate()
    let index = try BlindIndex(keyset, purpose: "users.email")
    let value = try index.value(of: .email("nina@example.org"))
    #expect(value?.count == BlindIndex.length)
    #expect(try index.value(of: .email("NINA@example.org")) == value)
    #expect(try index.value(of: .identifier("nina@example.org")) != value)
    #expect(try BlindIndex(keyset, purpose: "other").value(of: .email("nina@example.org")) != value)
    #expect(try BlindIndex(.generate(), purpose: "users.email").value(of: .email("nina@example.org")) != value)
    #expect(try index.value(of: .phone(" ")) == nil)
  }

  @Test func valuesOutliveTheKeyThatWasFirst() throws {
    let keyset = try Keyset.generate()
    let aead = try AEAD(keyset)
    let value = try BlindIndex(aead, purpose: "users.email").value(of: .email("nina@example.org"))
    let later = try keyset.rotated().setting(keyset.primaryKeyID, to: .destroyed)
    try aead.replace(with: later)
    #expect(try BlindIndex(aead, purpose: "users.email").value(of: .email("nina@example.org")) == value)
    #expect(try BlindIndex(later, purpose: "users.email").value(of: .email("nina@example.org")) == value)
  }

  /// Test case 3 of RFC 5869, its first 32 bytes.
  @Test func derivesAsTheStandardSays() throws {
    let secret = SecretBytes(copying: [UInt8](repeating: 0x0B, count: 22))
    #expect(
      try HKDF.derive(from: secret, info: []).copy
        == hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"))
  }
}
