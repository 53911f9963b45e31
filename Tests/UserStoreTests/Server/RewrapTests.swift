import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

/// Rotations over PostgreSQL: what older keys have sealed is sealed anew, whatever happens meanwhile.
struct RewrapTests {
  private static let rows = 5_000

  /// Users as another node would have made them, without scrypt: five thousand rows with two sealed fields each.
  private func fill(_ database: TestDatabase, _ connection: PostgresConnection, rows: Int = rows) async throws {
    let statement = SQLStatement(
      nil,
      """
      INSERT INTO users (id, username, password_phc, level, email, display_name)
      SELECT id, 'user' || id, '', 'agent', email, name FROM unnest($1, $2, $3) AS u (id, email, name)
      """)
    for start in stride(from: 0, to: rows, by: 1_000) {
      let ids = (start..<min(start + 1_000, rows)).map { Samples.id($0).rawValue }
      let emails = try ids.map { try Self.sealed("\($0)@example.org", "email", $0, database.aead) }
      let names = try ids.map { try Self.sealed("Nina \($0)", "display_name", $0, database.aead) }
      _ = try await connection.run(
        [statement(.texts(ids), .byteStrings(emails), .byteStrings(names))], writes: true)
    }
  }

  private static func sealed(_ text: String, _ column: String, _ id: String, _ aead: AEAD) throws -> [UInt8] {
    let place =
      column == "email"
      ? SealedField(table: "users", column: "email", row: id)
      : SealedField(table: "users", column: "display_name", row: id)
    return try aead.seal(Array(text.utf8), associatedData: place.associatedData)
  }

  @Test(.timeLimit(.minutes(5))) func aRoundThatIsKilledGoesOnWhereItStood() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      defer { Task { await connection.shutdown() } }
      try await fill(database, connection)
      let old = database.keyset.primaryKeyID
      let rotated = try database.keyset.rotated()
      let new = rotated.primaryKeyID
      try database.aead.replace(with: rotated)
      #expect(try await store.keyUse().values(of: old) == 2 * Self.rows)

      // The first node is cut off in the middle of a round.
      let first = database.store { $0.statementTimeout = .seconds(5) }
      let killed = Task {
        try await Rewrapper(store: first, aead: database.aead, rate: 4_000).round()
      }
      while try await store.keyUse().values(of: new) < 1_000 { try await Task.sleep(for: .milliseconds(50)) }
      killed.cancel()
      await first.shutdown()
      _ = await killed.result
      let stood = try #require(try await store.rewrapProgress().first { $0.column == "users.email" })
      let reached = try await store.keyUse().values(of: new)
      #expect((1_000..<2 * Self.rows).contains(reached))
      #expect(stood.keyID == new && !stood.position.isEmpty && stood.resealed > 0)

      // Its lease holds others off until it ends.
      let second = try Rewrapper(store: store, aead: database.aead, rate: 100_000)
      #expect(try await second.round() == .busy)
      _ = try await connection.run(
        [SQLStatement(nil, "UPDATE rewrap_lease SET until = now() - interval '1 second'")()], writes: true)

      // Meanwhile somebody changes users: new values, sealed by the new key, and one without.
      let writes = Task {
        for number in 0..<200 {
          let id = Samples.id(number * 25).rawValue
          var changes = UserChanges()
          changes.email = number == 0 ? .clear : .set("changed\(number)@example.org")
          _ = try await store.updateUser(id: id, expectedVersion: nil, changes)
        }
      }
      let outcome = try await second.round()
      try await writes.value
      guard case .finished(let resealed, 0) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      // It went on where the first one stood: nothing was sealed twice.
      #expect(resealed <= 2 * Self.rows - reached && resealed > 0)
      let again = try await second.round()
      #expect(again == .finished(resealed: 0, unreadable: 0))
      let use = try await store.keyUse()
      #expect(use.values(notOf: new) == 0)
      #expect(use.values(of: new) == 2 * Self.rows - 1)

      // Without the old key all opens.
      try database.aead.replace(with: try rotated.setting(old, to: .destroyed))
      var seen = 0
      var cursor: String?
      repeat {
        let page = try await store.users(after: cursor, limit: 500)
        for user in page.users {
          seen += 1
          #expect(user.displayName == "Nina \(user.id)")
          #expect(
            user.email == nil || user.email?.hasPrefix("changed") == true || user.email == "\(user.id)@example.org")
        }
        cursor = page.next
      } while cursor != nil
      #expect(seen == Self.rows)
      #expect(try await store.user(id: Samples.id(0).rawValue).email == nil)
      #expect(try await store.user(id: Samples.id(25).rawValue).email == "changed1@example.org")
    }
  }

  @Test func signingKeysAndDataKeysAreSealedAnewAndTextsAreNot() async throws {
    try await withStore { store, database in
      let kid = try await store.signingKeys()[0].kid
      let vault = try FieldVault(database.aead)
      let personal = PersonalData(customer: Array(#"{"name":"Nina"}"#.utf8))
      let sealed = try vault.seal(personal, for: Samples.id(1))
      try await store.record([Samples.entry(1, Samples.service(1, personal: sealed))])
      let rotated = try database.keyset.rotated()
      try database.aead.replace(with: rotated)
      #expect(try await store.keyUse().liveServices == 1)
      #expect(
        try await Rewrapper(store: store, aead: database.aead, rate: 1_000).round()
          == .finished(resealed: 2, unreadable: 0))
      try database.aead.replace(with: try rotated.setting(database.keyset.primaryKeyID, to: .destroyed))
      #expect(try await store.signingKeys()[0].kid == kid)
      let found = try #require(try await store.historyEntry(Samples.id(1)).service.personal)
      #expect(found.ciphertext == sealed.ciphertext)
      #expect(found.wrappedKey != sealed.wrappedKey)
      #expect(try vault.open(found, for: Samples.id(1)) == personal)
      // It was submitted before the new key: Redis has its old data key until it ends.
      #expect(try await store.keyUse().liveServices == 1)
      try await store.record([Samples.entry(2, Samples.service(2, version: 2, state: .completed, personal: sealed))])
    }
  }

  @Test func theServersJobDoesItByItself() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      defer { Task { await connection.shutdown() } }
      try await fill(database, connection, rows: 50)
      let service = try RewrapService(
        store: store, aead: database.aead, rate: 10_000, logger: TestDatabase.quietLogger(),
        glance: .milliseconds(20), interval: .milliseconds(200))
      let running = Task { try await service.run() }
      let rotated = try database.keyset.rotated()
      try database.aead.replace(with: rotated)
      while try await store.keyUse().values(notOf: rotated.primaryKeyID) > 0 {
        try await Task.sleep(for: .milliseconds(50))
      }
      // What comes under an older key afterwards, as from a live service, is found, too.
      let late = try Self.sealed("late@example.org", "email", Samples.id(7).rawValue, AEAD(database.keyset))
      _ = try await connection.run(
        [SQLStatement(nil, "UPDATE users SET email = $2 WHERE id = $1")(.text(Samples.id(7).rawValue), .bytes(late))],
        writes: true)
      while try await store.keyUse().values(notOf: rotated.primaryKeyID) > 0 {
        try await Task.sleep(for: .milliseconds(50))
      }
      running.cancel()
      _ = await running.result
      #expect(try await store.user(id: Samples.id(7).rawValue).email == "late@example.org")
    }
  }

  @Test func whatCannotBeOpenedStaysAndIsCounted() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      defer { Task { await connection.shutdown() } }
      try await fill(database, connection, rows: 3)
      let change = SQLStatement(nil, "UPDATE users SET email = $2 WHERE id = $1")
      let foreign = try AEAD(Keyset.generate()).seal([1], associatedData: [])
      _ = try await connection.run(
        [
          change(.text(Samples.id(0).rawValue), .bytes(foreign)),
          change(.text(Samples.id(1).rawValue), .bytes([1, 2])),
        ], writes: true)
      try database.aead.replace(with: try database.keyset.rotated())
      let outcome = try await Rewrapper(store: store, aead: database.aead, rate: 1_000).round()
      #expect(outcome == .finished(resealed: 4, unreadable: 2))
      let use = try await store.keyUse()
      #expect(use.values(notOf: database.aead.primaryKeyID) == 2)
      #expect(use.values(of: 0) == 1)
      #expect(try await store.rewrapProgress().first { $0.column == "users.email" }?.unreadable == 2)
    }
  }

  /// Somebody who can write to the database moves a sealed value: it opens nowhere but in its own place.
  @Test func valuesThatWereMovedDoNotOpen() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      defer { Task { await connection.shutdown() } }
      try await fill(database, connection, rows: 3)
      let kid = try await store.signingKeys()[0].kid
      let moves = [
        ("UPDATE users SET email = (SELECT email FROM users WHERE id = $2) WHERE id = $1", 0, 1),
        ("UPDATE users SET email = display_name WHERE id = $1 AND $2 <> ''", 1, 2),
        ("UPDATE users SET email = (SELECT private_key FROM signing_keys) WHERE id = $1 AND $2 <> ''", 2, 0),
      ]
      for (text, row, other) in moves {
        #expect(try await store.user(id: Samples.id(row).rawValue).email != nil)
        _ = try await connection.run(
          [SQLStatement(nil, text)(.text(Samples.id(row).rawValue), .text(Samples.id(other).rawValue))], writes: true)
        await expectError(.internal) { try await store.user(id: Samples.id(row).rawValue) }
      }
      let swap = SQLStatement(nil, "UPDATE signing_keys SET private_key = (SELECT email FROM users WHERE id = $1)")
      _ = try await connection.run([swap(.text(Samples.id(0).rawValue))], writes: true)
      await expectError(.internal) { try await store.signingKeys() }
      #expect(!kid.isEmpty)
    }
  }
}
