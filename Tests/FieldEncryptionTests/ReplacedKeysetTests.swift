import Testing

@testable import FieldEncryption

@Suite struct ReplacedKeysetTests {
  @Test func everybodySealsByTheNewPrimaryAtOnce() throws {
    let old = try Keyset.generate()
    let aead = try AEAD(old)
    let before = try aead.seal([1], associatedData: [])
    let new = try old.rotated()
    try aead.replace(with: new)
    #expect(aead.primaryKeyID == new.primaryKeyID)
    #expect(aead.enabledKeyCount == 2)
    #expect(AEAD.keyID(of: try aead.seal([1], associatedData: [])) == new.primaryKeyID)
    #expect(try aead.open(before, associatedData: []) == [1])
    try aead.replace(with: try new.setting(old.primaryKeyID, to: .disabled))
    #expect(throws: AEADError.unknownKey(old.primaryKeyID)) { try aead.open(before, associatedData: []) }
  }

  @Test func anotherIndexKeyIsRefused() throws {
    let keyset = try Keyset.generate()
    let aead = try AEAD(keyset)
    #expect(throws: KeysetError.self) { try aead.replace(with: try Keyset.generate()) }
    #expect(aead.primaryKeyID == keyset.primaryKeyID)
  }

  /// While tasks seal and open, the keyset goes through ten rotations; no value is lost, and none is sealed by an old primary
  /// once the replacing has returned.
  @Test func replacingDisturbsNobody() async throws {
    let first = try Keyset.generate()
    let aead = try AEAD(first)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<4 as Range<UInt8> {
        group.addTask {
          for round in 0..<2_000 {
            let sealed = try aead.seal([task], associatedData: [UInt8(truncatingIfNeeded: round)])
            let opened = try aead.open(sealed, associatedData: [UInt8(truncatingIfNeeded: round)])
            #expect(opened == [task])
          }
        }
      }
      group.addTask {
        var keyset = first
        for _ in 0..<10 {
          let (prepared, id) = try keyset.prepared()
          try aead.replace(with: prepared)
          keyset = try prepared.promoting(id)
          try aead.replace(with: keyset)
          #expect(AEAD.keyID(of: try aead.seal([], associatedData: [])) == id)
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
  }
}

@Suite struct RandomPoolTests {
  /// A forked child counts one fork more: what its parent had drawn ahead is thrown away.
  @Test func anotherProcessDrawsAnew() throws {
    var buffer = RandomPool.Buffer()
    let first = buffer.draw(generation: 0)
    let afterFirst = buffer.remaining
    let second = buffer.draw(generation: 0)
    let afterSecond = buffer.remaining
    let third = buffer.draw(generation: 1)
    let afterThird = buffer.remaining
    let blocks = RandomPool.Buffer.blocks
    #expect([afterFirst, afterSecond, afterThird] == [blocks - 1, blocks - 2, blocks - 1])
    #expect(Set([first, second, third].compactMap(\.self)).count == 3)
  }
}
