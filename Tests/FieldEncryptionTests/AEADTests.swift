import Testing

@testable import FieldEncryption

@Suite struct AEADTests {
  private let field = SealedField(table: "services", column: "customer", row: "0192").associatedData

  @Test(arguments: [0, 1, 15, 16, 17, 256, 4096, AEAD.maximumPlaintextLength])
  func opensWhatItSealed(length: Int) throws {
    let aead = try AEAD(.generate())
    let plaintext = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    let sealed = try aead.seal(plaintext, associatedData: field)
    #expect(sealed.count == length + AEAD.overhead)
    #expect(sealed[0] == 1)
    #expect(AEAD.keyID(of: sealed) == aead.primaryKeyID)
    #expect(try aead.open(sealed, associatedData: field) == plaintext)
    let bare = try aead.seal(plaintext, associatedData: [])
    #expect(try aead.open(bare, associatedData: []) == plaintext)
  }

  /// Test case 16 of the GCM specification.
  @Test func knownAnswer() throws {
    let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    let plaintext = hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        + "b16aedf5aa0de657ba637b39")
    let associatedData = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    let nonce = hex("cafebabefacedbaddecaf888")
    let expected = hex(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
        + "c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b")
    var cipher = KeyedCipher(id: 0x0102_0304, key: SecretBytes(copying: key))
    // Twice: the second time on the same context, with the nonce alone.
    for _ in 0..<2 {
      let sealed = try cipher.seal(plaintext, associatedData: associatedData, fixedNonce: nonce)
      #expect(sealed == [1, 1, 2, 3, 4] + nonce + expected)
      #expect(try cipher.open(sealed, associatedData: associatedData) == plaintext)
    }
  }

  @Test func everyChangedBitIsRefused() throws {
    let aead = try AEAD(.generate())
    let sealed = try aead.seal(Array("Ada, +44 20 7946 0000".utf8), associatedData: field)
    for index in sealed.indices {
      for mask in (0..<8).map({ 1 << $0 as UInt8 }) {
        var changed = sealed
        changed[index] ^= mask
        let expected: AEADError =
          switch index {
          case 0: .malformed
          case 1...4: .unknownKey(try #require(AEAD.keyID(of: changed)))
          default: .authenticationFailed
          }
        #expect(throws: expected) { try aead.open(changed, associatedData: field) }
      }
    }
    #expect(try aead.open(sealed, associatedData: field).count == 21)
  }

  @Test func everyShorterOrLongerValueIsRefused() throws {
    let aead = try AEAD(.generate())
    let sealed = try aead.seal([1, 2, 3], associatedData: field)
    for length in 0..<sealed.count {
      let expected: AEADError = length < AEAD.overhead ? .malformed : .authenticationFailed
      #expect(throws: expected) { try aead.open(Array(sealed.prefix(length)), associatedData: field) }
    }
    #expect(throws: AEADError.authenticationFailed) { try aead.open(sealed + [0], associatedData: field) }
  }

  @Test func otherPlacesAreRefused() throws {
    let aead = try AEAD(.generate())
    let sealed = try aead.seal([1, 2, 3], associatedData: field)
    let others = [
      SealedField(table: "services", column: "customer", row: "0193"),
      SealedField(table: "services", column: "details", row: "0192"),
      SealedField(table: "history", column: "customer", row: "0192"),
    ]
    for other in others.map(\.associatedData) + [[]] {
      #expect(throws: AEADError.authenticationFailed) { try aead.open(sealed, associatedData: other) }
    }
  }

  @Test func lengthsAreBounded() throws {
    let aead = try AEAD(.generate())
    let long = [UInt8](repeating: 0, count: AEAD.maximumPlaintextLength + 1)
    let limit = AEADError.tooLong(limit: AEAD.maximumPlaintextLength)
    #expect(throws: limit) { try aead.seal(long, associatedData: []) }
    #expect(throws: limit) { try aead.seal([], associatedData: long) }
    var sealed = try aead.seal([], associatedData: [])
    sealed += long
    #expect(throws: limit) { try aead.open(sealed, associatedData: []) }
  }

  @Test func rotationKeepsOldValuesReadable() throws {
    let old = try Keyset.generate()
    let new = try old.rotated()
    let before = try AEAD(old)
    let after = try AEAD(new)
    #expect(new.primaryKeyID != old.primaryKeyID)
    #expect(new.keys.map(\.status) == [.enabled, .enabled])
    let sealed = try before.seal([1], associatedData: field)
    #expect(try after.open(sealed, associatedData: field) == [1])
    let resealed = try after.seal([1], associatedData: field)
    #expect(AEAD.keyID(of: resealed) == new.primaryKeyID)
    #expect(throws: AEADError.unknownKey(new.primaryKeyID)) { try before.open(resealed, associatedData: field) }
  }

  @Test func disabledKeysDoNotOpen() throws {
    let old = try Keyset.generate()
    let new = try old.rotated()
    let sealed = try AEAD(old).seal([1], associatedData: [])
    let entries = new.entries.map {
      $0.id == old.primaryKeyID ? Keyset.Entry(id: $0.id, status: .disabled, secret: $0.secret) : $0
    }
    let aead = try AEAD(Keyset(primaryKeyID: new.primaryKeyID, entries: entries))
    #expect(throws: AEADError.unknownKey(old.primaryKeyID)) { try aead.open(sealed, associatedData: []) }
  }

  @Test func noncesDoNotRepeat() throws {
    let aead = try AEAD(.generate())
    var nonces: Set<[UInt8]> = []
    // Beyond one refill of the pool (256 nonces) several times.
    for _ in 0..<2000 { nonces.insert(Array(try aead.seal([], associatedData: [])[5..<17])) }
    #expect(nonces.count == 2000)
  }

  @Test func manyTasksAtOnce() async throws {
    let aead = try AEAD(.generate())
    let key = try DataKey.generate()
    let nonces = try await withThrowingTaskGroup(of: Set<[UInt8]>.self) { group in
      for task in 0..<16 {
        group.addTask {
          var nonces: Set<[UInt8]> = []
          for round in 0..<300 {
            let plaintext = [UInt8](repeating: UInt8(task), count: round)
            let ad = SealedField(table: "t", column: "c", row: "\(task).\(round)").associatedData
            let sealed = try aead.seal(plaintext, associatedData: ad)
            nonces.insert(Array(sealed[5..<17]))
            guard try aead.open(sealed, associatedData: ad) == plaintext else { return [] }
            let inner = try key.seal(plaintext, associatedData: ad)
            nonces.insert(Array(inner[5..<17]))
            guard try key.open(inner, associatedData: ad) == plaintext else { return [] }
          }
          return nonces
        }
      }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.formUnion($1) }
    }
    #expect(nonces.count == 16 * 300 * 2)
  }
}

@Suite struct SealedFieldTests {
  @Test func bytesAreJoinedByDots() {
    let field = SealedField(table: "services", column: "customer", row: "a.b-\u{E9}")
    #expect(field.associatedData == Array("services.customer.a.b-\u{E9}".utf8))
  }
}
