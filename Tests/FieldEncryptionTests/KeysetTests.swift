import Foundation
import Testing

@testable import FieldEncryption

@Suite struct KeysetTests {
  /// As the public Tink for Python writes it; the key is the bytes 0...31.
  private static let sample = """
    {"primaryKeyId":2147483649,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey",\
    "value":"GiAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==","keyMaterialType":"SYMMETRIC"},"status":"ENABLED",\
    "keyId":2147483649,"outputPrefixType":"TINK"}]}
    """

  @Test func readsTinksForm() throws {
    let keyset = try Keyset(json: Array(Self.sample.utf8))
    #expect(keyset.keys == [.init(id: 2_147_483_649, status: .enabled, isPrimary: true)])
    #expect(keyset.entries[0].secret?.copy == Array(0..<32))
  }

  @Test func survivesItsOwnJSON() throws {
    var keyset = try Keyset.generate().rotated().rotated()
    let first = keyset.entries[0]
    let second = keyset.entries[1]
    keyset = try Keyset(
      primaryKeyID: keyset.primaryKeyID,
      entries: [
        .init(id: first.id, status: .destroyed, secret: nil),
        .init(id: second.id, status: .disabled, secret: second.secret),
        keyset.entries[2],
      ])
    let again = try Keyset(json: keyset.json())
    #expect(again.keys == keyset.keys)
    #expect(again.entries.map { $0.secret?.copy } == keyset.entries.map { $0.secret?.copy })
  }

  @Test(arguments: [
    ("}", "}}", "not JSON"),
    ("\"primaryKeyId\":2147483649,", "", "primaryKeyId is missing"),
    ("\"primaryKeyId\":2147483649", "\"primaryKeyId\":7", "primaryKeyId 7 is not among the keys"),
    ("\"keyId\":2147483649", "\"keyId\":0", "a keyId is 0"),
    ("\"keyId\":2147483649", "\"keyId\":4294967296", "key[0].keyId is out of range"),
    ("\"keyId\":2147483649", "\"keyId\":\"x\"", "key[0].keyId has the wrong type"),
    ("\"ENABLED\"", "\"DISABLED\"", "the primary key 2147483649 is not ENABLED"),
    ("\"ENABLED\"", "\"enabled\"", "key[0].status is not ENABLED, DISABLED or DESTROYED"),
    ("\"TINK\"", "\"RAW\"", "key[0].outputPrefixType is not TINK"),
    ("\"SYMMETRIC\"", "\"REMOTE\"", "key[0].keyData.keyMaterialType is not SYMMETRIC"),
    ("AesGcmKey", "AesSivKey", "key[0].keyData.typeUrl is not type.googleapis.com/google.crypto.tink.AesGcmKey"),
    ("GiAA", "Gi!A", "key[0].keyData.value is not base64"),
    ("HB0eHw==", "HB0eHw", "key[0].keyData.value is not base64"),
    ("GiAA", "GhAA", "key[0].keyData.value is not a version 0 AES-GCM key of 32 bytes"),
    ("\"key\":[", "\"more\":1,\"key\":[", "unknown field in the document; expected key, primaryKeyId"),
    ("\"status\"", "\"state\"", "unknown field in key[0]; expected keyData, keyId, outputPrefixType, status"),
    ("\"status\":\"ENABLED\",", "", "key[0].status is missing"),
  ])
  func namesWhatIsWrong(part: String, replacement: String, reason: String) throws {
    let text = Self.sample.replacingOccurrences(of: part, with: replacement)
    #expect(text != Self.sample)
    #expect(throws: KeysetError.invalid(reason)) { try Keyset(json: Array(text.utf8)) }
  }

  @Test func refusesOneIdTwice() throws {
    let entry = try #require(try Keyset.generate().entries.first)
    #expect(throws: KeysetError.invalid("keyId \(entry.id) occurs twice")) {
      try Keyset(primaryKeyID: entry.id, entries: [entry, entry])
    }
  }

  @Test func refusesLongText() {
    let text = [UInt8](repeating: 0x20, count: Keyset.maximumJSONLength + 1)
    #expect(throws: KeysetError.invalid("longer than 65536 bytes")) { try Keyset(json: text) }
  }

  @Test func mutatedJSONNeverCrashesAndNeverLeaks() {
    let seed = UInt64.random(in: .min ... .max)
    print("mutatedJSONNeverCrashesAndNeverLeaks: seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let sample = Array(Self.sample.utf8)
    for _ in 0..<5_000 {
      do {
        let keyset = try Keyset(json: mutated(sample, using: &generator))
        #expect(keyset.keys.contains { $0.id == keyset.primaryKeyID && $0.status == .enabled })
      } catch {
        #expect(!error.description.contains("GBkaGx") && !error.description.contains("CAkKCw"))
      }
    }
  }

  @Test func printingAKeysetShowsNoKey() throws {
    let keyset = try Keyset(json: Array(Self.sample.utf8))
    var text = ""
    dump(keyset, to: &text)
    text += "\(keyset) \(String(reflecting: keyset))"
    #expect(!text.contains("AQIDBA") && !text.contains("[0, 1, 2"))
  }

  @Test func fileRoundTripHasMode600() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/keyset.json"
      let first = try Keyset.generate()
      try first.write(toFile: path)
      let second = try first.rotated()
      try second.write(toFile: path)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(try Keyset(contentsOfFile: path).keys == second.keys)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keyset.json"])
    }
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o610, 0o660] as [UInt32])
  func refusesAFileThatOthersMayAccess(mode: UInt32) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/keyset.json"
      try Keyset.generate().write(toFile: path)
      chmod(path, mode)
      #expect(throws: KeysetError.exposed(path: path, mode: mode)) { try Keyset(contentsOfFile: path) }
      chmod(path, 0o400)
      #expect(throws: Never.self) { try Keyset(contentsOfFile: path) }
    }
  }

  /// What Kubernetes mounts is root's, and readable by the group that it gives the server.
  @Test func onlyRootsFileMayBeReadByTheGroupOfAnotherUser() {
    #expect(!Keyset.isExposed(mode: 0o440, owner: 0, user: 10_001))
    #expect(!Keyset.isExposed(mode: 0o640, owner: 0, user: 10_001))
    #expect(Keyset.isExposed(mode: 0o660, owner: 0, user: 10_001))
    #expect(Keyset.isExposed(mode: 0o444, owner: 0, user: 10_001))
    #expect(Keyset.isExposed(mode: 0o440, owner: 10_001, user: 10_001))
    #expect(Keyset.isExposed(mode: 0o440, owner: 0, user: 0))
  }

  @Test func refusesWhatIsNoKeysetFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/keyset.json"
      #expect(throws: KeysetError.file(path: path, reason: "opening failed: No such file or directory")) {
        try Keyset(contentsOfFile: path)
      }
      #expect(throws: KeysetError.file(path: folder, reason: "not a regular file")) {
        try Keyset(contentsOfFile: folder)
      }
      mkfifo(path, 0o600)
      #expect(throws: KeysetError.file(path: path, reason: "not a regular file")) { try Keyset(contentsOfFile: path) }
      unlink(path)
      let created = FileManager.default.createFile(
        atPath: path, contents: Data(count: Keyset.maximumJSONLength + 1), attributes: [.posixPermissions: 0o600])
      #expect(created)
      #expect(throws: KeysetError.file(path: path, reason: "longer than 65536 bytes")) {
        try Keyset(contentsOfFile: path)
      }
    }
  }
}
