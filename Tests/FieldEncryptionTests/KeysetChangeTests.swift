import Foundation
import Testing

@testable import FieldEncryption

@Suite struct KeysetChangeTests {
  @Test func aPreparedKeyOpensAndDoesNotSeal() throws {
    let old = try Keyset.generate()
    let (prepared, id) = try old.prepared()
    #expect(prepared.primaryKeyID == old.primaryKeyID)
    #expect(prepared.keys.map(\.id) == [old.primaryKeyID, id])
    let promoted = try prepared.promoting(id)
    #expect(promoted.primaryKeyID == id)
    // Whoever has the first step opens what those seal that have the second already.
    let sealed = try AEAD(promoted).seal([1], associatedData: [])
    #expect(try AEAD(prepared).open(sealed, associatedData: []) == [1])
    #expect(throws: AEADError.unknownKey(id)) { try AEAD(old).open(sealed, associatedData: []) }
  }

  @Test func thePrimaryAndTheIndexKeyStay() throws {
    let keyset = try Keyset.generate()
    let index = try #require(keyset.indexKeyID)
    for status in [Keyset.KeyStatus.disabled, .destroyed] {
      #expect(throws: KeysetError.self) { try keyset.setting(keyset.primaryKeyID, to: status) }
      #expect(throws: KeysetError.self) { try keyset.setting(index, to: status) }
    }
    #expect(throws: KeysetError.refused("the keyset has no key 1")) { try keyset.setting(1, to: .disabled) }
    #expect(throws: KeysetError.self) { try keyset.promoting(index) }
  }

  @Test func disabledKeysComeBackAndDestroyedDoNot() throws {
    let old = try Keyset.generate()
    let first = old.primaryKeyID
    let rotated = try old.rotated()
    let sealed = try AEAD(old).seal([1], associatedData: [])
    let disabled = try rotated.setting(first, to: .disabled)
    #expect(throws: AEADError.unknownKey(first)) { try AEAD(disabled).open(sealed, associatedData: []) }
    #expect(throws: KeysetError.self) { try disabled.promoting(first) }
    #expect(try AEAD(disabled.setting(first, to: .enabled)).open(sealed, associatedData: []) == [1])
    let destroyed = try disabled.setting(first, to: .destroyed)
    #expect(destroyed.entries[0].secret == nil)
    #expect(throws: KeysetError.self) { try destroyed.setting(first, to: .enabled) }
    #expect(throws: KeysetError.self) { try destroyed.promoting(first) }
    #expect(try Keyset(json: destroyed.json()).keys == destroyed.keys)
  }

  /// A keyset of another program has no index key: the first change writes down what was derived from its oldest key.
  @Test func theIndexSecretOutlivesEveryKey() throws {
    for original in [try Keyset.generate(), try foreign()] {
      let first = original.primaryKeyID
      let expected = try KeyedHash(original, purpose: "a").hash([1, 2, 3])
      var keyset = try original.rotated().rotated()
      for id in keyset.keys.map(\.id) where id != keyset.primaryKeyID {
        keyset = try keyset.setting(id, to: .destroyed)
      }
      #expect(!keyset.keys.contains { $0.id == first && $0.status != .destroyed })
      keyset = try Keyset(json: keyset.json())
      #expect(try KeyedHash(keyset, purpose: "a").hash([1, 2, 3]) == expected)
      #expect(try KeyedHash(AEAD(keyset), purpose: "a").hash([1, 2, 3]) == expected)
    }
  }

  @Test func theIndexKeyIsReadStrictly() throws {
    let keyset = try Keyset.generate()
    let text = String(decoding: keyset.json(), as: UTF8.self)
    #expect(try Keyset(json: Array(text.utf8)).indexKeyID == keyset.indexKeyID)
    for (part, other, reason) in [
      ("\"DISABLED\"", "\"ENABLED\"", "key[1].status of the index key is not DISABLED"),
      ("\"RAW\"", "\"TINK\"", "key[1].outputPrefixType of the index key is not RAW"),
      (
        "\"EgIIAxog", "\"EgIIAhog",
        "key[1].keyData.value is not a version 0 HKDF PRF key of 32 bytes with SHA-256 and no salt"
      ),
    ] {
      let changed = text.replacingOccurrences(of: part, with: other)
      #expect(changed != text)
      #expect(throws: KeysetError.invalid(reason)) { try Keyset(json: Array(changed.utf8)) }
    }
  }

  private func foreign() throws -> Keyset {
    let entry = try Keyset.newEntry(avoiding: [])
    return try Keyset(primaryKeyID: entry.id, entries: [entry])
  }
}

@Suite struct KeysetFileTests {
  @Test func oneWriterAtATimeLosesNoKey() async throws {
    try await withFolder { folder in
      let file = KeysetFile(path: folder + "/keyset.json")
      _ = try file.create()
      #expect(throws: KeysetError.self) { try file.create() }
      let added = try await withThrowingTaskGroup(of: UInt32.self) { group in
        for _ in 0..<4 {
          group.addTask {
            var id: UInt32 = 0
            _ = try file.change { keyset throws(KeysetError) in
              let (changed, new) = try keyset.prepared()
              id = new
              return changed
            }
            return id
          }
        }
        return try await group.reduce(into: Set<UInt32>()) { $0.insert($1) }
      }
      let keyset = try Keyset(contentsOfFile: file.path)
      #expect(Set(keyset.keys.map(\.id)) == added.union([keyset.primaryKeyID]))
      var status = stat()
      #expect(stat(file.path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    }
  }

  @Test func aRefusedChangeChangesNothing() async throws {
    try await withFolder { folder in
      let file = KeysetFile(path: folder + "/keyset.json")
      let keyset = try file.create()
      #expect(throws: KeysetError.self) {
        try file.change { found throws(KeysetError) in try found.setting(keyset.primaryKeyID, to: .destroyed) }
      }
      #expect(try Keyset(contentsOfFile: file.path).keys == keyset.keys)
    }
  }
}

@Suite struct KeyProviderTests {
  @Test(.timeLimit(.minutes(1))) func aChangedFileIsNoticed() async throws {
    try await withFolder { folder in
      let file = KeysetFile(path: folder + "/keyset.json")
      let first = try file.create()
      let provider = FileKeyProvider(path: file.path, interval: .milliseconds(20))
      #expect(try await provider.keyset().primaryKeyID == first.primaryKeyID)
      var changes = provider.changes().makeAsyncIterator()
      #expect(try await changes.next()?.get().primaryKeyID == first.primaryKeyID)
      let second = try file.change { keyset throws(KeysetError) in try keyset.rotated() }
      #expect(try await changes.next()?.get().primaryKeyID == second.primaryKeyID)
      chmod(file.path, 0o644)
      let exposed = try #require(await changes.next())
      #expect(throws: KeysetError.exposed(path: file.path, mode: 0o644)) { try exposed.get() }
      unlink(file.path)
      let gone = try #require(await changes.next())
      #expect(throws: KeysetError.self) { try gone.get() }
    }
  }

  @Test func theEnvironmentGivesAKeyset() async throws {
    let keyset = try Keyset.generate()
    let provider = EnvironmentKeyProvider(
      variable: "USHER_KEYSET", json: String(decoding: keyset.json(), as: UTF8.self))
    #expect(try await provider.keyset().keys == keyset.keys)
    let broken = EnvironmentKeyProvider(variable: "USHER_KEYSET", json: "{}")
    await #expect(throws: KeysetError.self) { try await broken.keyset() }
  }
}

private func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "keyset-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  let result: Result<Void, any Error>
  do { result = .success(try await body(folder.path)) } catch { result = .failure(error) }
  try FileManager.default.removeItem(at: folder)
  try result.get()
}
