import Testing

@testable import UserStore

@Suite("Migrations, against a real server", .serialized)
struct MigrationTests {
  static let all = Schema.migrations.map(\.title)

  @Test func twice() async throws {
    try await withDatabase { database in
      let store = database.store()
      #expect(try await store.pendingMigrations() == Self.all)
      await expectError(.unavailable) { try await store.checkHealth() }
      await expectError(.unavailable) { try await store.user(username: "x") }
      #expect(try await store.migrate() == Self.all)
      #expect(try await store.migrate() == [])
      #expect(try await store.pendingMigrations() == [])
      try await store.checkHealth()
      await store.shutdown()
    }
  }

  @Test func severalNodesAtOnce() async throws {
    try await withDatabase { database in
      let nodes = (0..<4).map { _ in database.store() }
      let done = try await withThrowingTaskGroup(of: [String].self) { group in
        for node in nodes { group.addTask { try await node.migrate() } }
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }
      #expect(done.sorted() == Self.all)
      for node in nodes { await node.shutdown() }
    }
  }

  @Test func changedOrNewerSchemaIsRefused() async throws {
    try await withStore { store, _ in
      let set = SQLStatement(nil, "UPDATE schema_migrations SET checksum = 'x' WHERE number = 1")
      _ = try await store.write([set()])
      await expectError(.unavailable) { try await store.migrate() }
      await expectError(.unavailable) { try await store.checkHealth() }
      let original = try Schema.migrations[0].checksum()
      let restore = SQLStatement(nil, "UPDATE schema_migrations SET checksum = $1 WHERE number = 1")
      let newer = SQLStatement(nil, "INSERT INTO schema_migrations (number, name, checksum) VALUES (9999, 'x', 'x')")
      _ = try await store.write([restore(.text(original)), newer()])
      await expectError(.unavailable) { try await store.migrate() }
    }
  }

  /// A roll-out: the new version has migrated, servers of the old one go on; and a rollback, in which the old one migrates.
  @Test func theVersionBeforeGoesOnAfterAStepThatOnlyAdds() async throws {
    try await withStore { store, _ in
      let last = Int64(Schema.migrations.count)
      let adds = SchemaMigration(
        number: last + 1, name: "adds", statements: ["ALTER TABLE users ADD COLUMN shoe_size bigint"], needs: last)
      #expect(try await store.migrate(to: Schema.migrations + [adds]) == [adds.title])
      try await store.checkHealth()
      #expect(try await store.migrate() == [])
      let changes = SchemaMigration(
        number: last + 2, name: "changes", statements: ["ALTER TABLE users RENAME TO people"])
      #expect(try await store.migrate(to: Schema.migrations + [adds, changes]) == [changes.title])
      await expectError(.unavailable) { try await store.checkHealth() }
    }
  }

  @Test func failedStepLeavesNothing() async throws {
    try await withDatabase { database in
      let store = database.store()
      let good = SchemaMigration(number: 1, name: "good", statements: ["CREATE TABLE good (n bigint)"])
      let bad = SchemaMigration(number: 2, name: "bad", statements: ["CREATE TABLE bad (n bigint)", "CREATE NONSENSE"])
      await expectError(.internal) { try await store.migrate(to: [good, bad]) }
      let tables = SQLStatement(
        nil, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1")
      let rows = try await store.read(tables(.text(database.schema)))[0].rows
      #expect(try rows.map { try $0.text(0) } == ["good", "schema_migrations"])
      await store.shutdown()
    }
  }
}
