import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

@Suite("Rotating signing keys, against a real server", .serialized)
struct SigningKeyTests {
  private func names(_ keys: [SigningKey]) -> [String] { keys.map(\.kid) }

  /// Moves every key's moments into the past.
  private func age(_ store: UserStoreActor, by interval: String) async throws {
    let statement = SQLStatement(
      nil,
      """
      UPDATE signing_keys SET created_at = created_at - interval '\(interval)',
        activates_at = activates_at - interval '\(interval)', retired_at = retired_at - interval '\(interval)'
      """)
    _ = try await store.write([statement()])
  }

  private func audit(_ store: UserStoreActor) async throws -> [String] {
    let statement = SQLStatement(nil, "SELECT action || ' ' || object || ' ' || detail FROM audit ORDER BY id")
    return try await store.read(statement())[0].rows.map { try $0.text(0) }
  }

  @Test func noNodeSignsWithAKeyThatOthersDoNotKnow() async throws {
    try await withStore { one, database in
      let two = database.store()
      let first = try #require(try await one.signingKeys().first)
      #expect(first.signs)
      #expect(names(try await two.signingKeys()) == [first.kid])
      let next = try #require(try await one.rotateSigningKey())
      #expect(try await two.rotateSigningKey() == nil, "one is published already")
      for node in [one, two] {
        let keys = try await node.signingKeys()
        #expect(names(keys) == [first.kid, next])
        #expect(keys.map(\.signs) == [true, false] && keys[1].privateKey.isEmpty)
      }
      try await age(one, by: "299 seconds")
      #expect(names(try await two.signingKeys()) == [first.kid, next])
      try await age(one, by: "2 seconds")
      for node in [one, two] {
        let keys = try await node.signingKeys()
        #expect(names(keys) == [next, first.kid] && keys.map(\.signs) == [true, false])
        #expect(try Ed25519.publicKey(of: keys[0].privateKey) == keys[0].publicKey)
      }
      // The longest token, and a minute.
      try await age(one, by: "661 seconds")
      #expect(names(try await two.signingKeys()) == [next])
      let statuses = try await one.signingKeyStatuses()
      #expect(statuses.map(\.phase) == [.signing, .retired])
      let privateKeys = SQLStatement(nil, "SELECT count(*) FROM signing_keys WHERE private_key IS NOT NULL")
      #expect(try await one.read(privateKeys())[0].first?.int(0) == 1, "the retired one's is destroyed")
      try await age(one, by: "31 days")
      _ = try await one.signingKeys()
      #expect(try await one.signingKeyStatuses().allSatisfy { $0.kid != first.kid }, "forgotten")
      let entries = try await audit(one)
      #expect(
        entries.prefix(3) == [
          "signing-key.create \(first.kid) {\"cause\":\"schedule\"}",
          "signing-key.create \(next) {\"cause\":\"operator\"}",
          "signing-key.retire \(first.kid) {\"cause\":\"schedule\"}",
        ])
      await two.shutdown()
    }
  }

  @Test func severalNodesMakeOneNextKey() async throws {
    try await withStore { store, database in
      let first = try #require(try await store.signingKeys().first)
      try await age(store, by: "30 days")
      let nodes = [store] + (0..<4).map { _ in database.store() }
      let seen = try await withThrowingTaskGroup(of: [String].self) { group in
        for node in nodes { group.addTask { try await node.signingKeys().map(\.kid) } }
        return try await group.reduce(into: Set<[String]>()) { $0.insert($1) }
      }
      #expect(seen.count == 1 && seen.first?.count == 2 && seen.first?.first == first.kid)
      for node in nodes.dropFirst() { await node.shutdown() }
    }
  }

  @Test func inAnEmergencyAKeyEndsAtOnce() async throws {
    try await withStore { store, database in
      let other = database.store()
      let stolen = try #require(try await store.signingKeys().first)
      #expect(try await store.retireSigningKey(stolen.kid))
      for kid in [stolen.kid, "nobody's"] {
        let isRetired = try await store.retireSigningKey(kid)
        #expect(!isRetired)
      }
      let waiting = try await other.signingKeys()
      #expect(waiting.count == 1 && !waiting[0].signs && waiting[0].kid != stolen.kid)
      try await age(store, by: "10 seconds")
      #expect(try await other.signingKeys().map(\.signs) == [true])
      #expect(
        try await audit(store).filter { $0.contains("retire") } == [
          "signing-key.retire \(stolen.kid) {\"cause\":\"operator\"}"
        ])
      await other.shutdown()
    }
  }

  /// A key that is published already need not wait for its turn when the other is gone.
  @Test func thePublishedOneStepsIn() async throws {
    try await withStore { store, _ in
      let first = try #require(try await store.signingKeys().first)
      let next = try #require(try await store.rotateSigningKey())
      try await age(store, by: "20 seconds")
      #expect(try await store.retireSigningKey(first.kid))
      let keys = try await store.signingKeys()
      #expect(names(keys) == [next] && keys[0].signs)
    }
  }
}
