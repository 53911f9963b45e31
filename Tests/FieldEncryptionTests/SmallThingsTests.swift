import Testing

@testable import FieldEncryption

@Suite struct SmallThingsTests {
  /// FIPS 180-2's example, and the digest of nothing.
  @Test func digests() throws {
    #expect(
      try SHA256.digest(Array("abc".utf8))
        == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      try SHA256.digest([]) == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
  }

  @Test func constantTimeEquality() {
    #expect(ConstantTime.equal([], []))
    #expect(ConstantTime.equal([1, 2], [1, 2]))
    #expect(!ConstantTime.equal([1, 2], [1, 3]))
    #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
  }

  @Test func randomBytes() throws {
    #expect(try SecureRandom.bytes(0) == [])
    #expect(try SecureRandom.bytes(-1) == [])
    let drawn = try (0..<100).map { _ in try SecureRandom.bytes(32) }
    #expect(Set(drawn).count == 100 && drawn.allSatisfy { $0.count == 32 })
  }

  @Test func base64() {
    let pairs: [(String, String)] = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ]
    for (plain, text) in pairs {
      let bytes = Array(plain.utf8)
      let bare = String(text.prefix { $0 != "=" })
      #expect(Base64.encode(bytes, padded: true) == text)
      #expect(Base64.encode(bytes, padded: false) == bare)
      #expect(Base64.decode(text, padded: true) == bytes)
      #expect(Base64.decode(bare, padded: false) == bytes)
    }
    for wrong in ["Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v\n", "Zm 9v", "Zm9-", "Zg==Zg=="] {
      #expect(Base64.decode(wrong, padded: true) == nil, "\(wrong)")
    }
  }
}
