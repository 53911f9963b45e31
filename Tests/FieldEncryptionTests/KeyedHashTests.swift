import Testing

@testable import FieldEncryption

@Suite struct KeyedHashTests {
  @Test func equalInputsAreEqualUnderOneKeysetAlone() throws {
    let keyset = try Keyset.generate()
    let hash = try KeyedHash(keyset, purpose: "a")
    let text = Array("Nina Example".utf8)
    #expect(try hash.hash(text) == hash.hash(text))
    #expect(try hash.hash(text).count == 32)
    #expect(try hash.hash(text) != hash.hash(text + [0]))
    #expect(try hash.hash(text) != KeyedHash(keyset, purpose: "b").hash(text))
    #expect(try hash.hash(text) != KeyedHash(Keyset.generate(), purpose: "a").hash(text))
  }

  @Test func hashesOutliveARotation() throws {
    let keyset = try Keyset.generate()
    #expect(
      try KeyedHash(keyset, purpose: "a").hash([1, 2, 3])
        == KeyedHash(keyset.rotated().rotated(), purpose: "a").hash([1, 2, 3]))
  }
}
