import Testing

@testable import FieldEncryption

@Suite struct DataKeyTests {
  @Test func survivesWrapping() throws {
    let aead = try AEAD(.generate())
    let key = try DataKey.generate()
    let wrapped = try key.wrapped(by: aead, associatedData: [1])
    let again = try DataKey.unwrap(wrapped, with: aead, associatedData: [1])
    #expect(again.id == key.id)
    let sealed = try key.seal([1, 2, 3], associatedData: [2])
    #expect(AEAD.keyID(of: sealed) == key.id)
    #expect(try again.open(sealed, associatedData: [2]) == [1, 2, 3])
    #expect(throws: AEADError.authenticationFailed) { try again.open(sealed, associatedData: [3]) }
    #expect(throws: AEADError.authenticationFailed) { try DataKey.unwrap(wrapped, with: aead, associatedData: []) }
  }

  @Test func anotherRecordsKeyIsRefused() throws {
    let key = try DataKey.generate()
    let other = try DataKey.generate()
    let sealed = try key.seal([1], associatedData: [])
    #expect(throws: AEADError.unknownKey(key.id)) { try other.open(sealed, associatedData: []) }
    #expect(throws: AEADError.malformed) { try key.open([1, 2, 3], associatedData: []) }
  }

  @Test func sealedNonsenseIsMalformed() throws {
    let aead = try AEAD(.generate())
    let wrapped = try aead.seal([1, 2, 3], associatedData: [])
    #expect(throws: AEADError.malformed) { try DataKey.unwrap(wrapped, with: aead, associatedData: []) }
  }

  @Test(arguments: [1, 127, 128, 16_384, 0x0FFF_FFFF, 0x1000_0000, .max] as [UInt32])
  func protoRoundTrip(id: UInt32) throws {
    let secret = SecretBytes(copying: Array(0..<32))
    let message = KeysetProto.encode(id: id, secret: secret)
    #expect(message.count <= 128)
    let read = try #require(KeysetProto.decode(message))
    #expect(read.id == id)
    #expect(read.secret.copy == secret.copy)
  }

  @Test func protoIsReadStrictly() {
    let message = KeysetProto.encode(id: 5, secret: SecretBytes(copying: Array(0..<32)))
    for length in message.indices { #expect(KeysetProto.decode(Array(message.prefix(length))) == nil) }
    #expect(KeysetProto.decode(message + [0x18, 0x01]) == nil, "unknown field")
    #expect(KeysetProto.decode(message + message) == nil, "fields twice")
    #expect(KeysetProto.decode([0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]) == nil, "length beyond the end")
    #expect(KeysetProto.decode([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]) == nil, "endless number")
    #expect(KeysetProto.decode([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F]) == nil, "beyond 32 bits")
  }

  @Test func mutatedProtoNeverCrashes() {
    let seed = UInt64.random(in: .min ... .max)
    print("mutatedProtoNeverCrashes: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let message = KeysetProto.encode(id: 0xDEAD_BEEF, secret: SecretBytes(copying: Array(0..<32)))
    for _ in 0..<20_000 {
      let changed = mutated(message, using: &generator)
      if let read = KeysetProto.decode(changed) { #expect(read.id != 0 && read.secret.count == 32) }
      _ = KeysetProto.decodeAESKey(changed[...])
    }
  }
}
