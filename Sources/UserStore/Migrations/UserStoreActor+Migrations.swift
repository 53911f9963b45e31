import FieldEncryption
import Logging

extension UserStoreActor {
  /// The advisory lock that migrating nodes take in turn: "usherM" as a number.
  private static let lock: Int64 = 0x7573_6865_724D
  /// How long one step may take, waiting for another node included.
  private static let patience = Duration.seconds(600)

  private static let takeLock = SQLStatement(nil, "SELECT pg_advisory_xact_lock($1)")
  private static let raiseTimeout = SQLStatement(nil, "SELECT set_config('statement_timeout', '600s', true)")
  private static let createTable = SQLStatement(
    nil,
    """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      number bigint PRIMARY KEY,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )
    """)
  // The column is there from step 15 on.
  private static let selectApplied = SQLStatement(
    nil,
    """
    SELECT number, checksum, (to_jsonb(applied) ->> 'needs')::bigint FROM schema_migrations AS applied ORDER BY number
    """)
  private static let insertApplied = SQLStatement(
    nil, "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)")
  private static let noteNeeds = SQLStatement(nil, "UPDATE schema_migrations SET needs = $2 WHERE number = $1")

  /// Brings the schema up to this version, and returns the names of the steps carried out now. Several nodes may do it at
  /// once: they take turns, and each step is one transaction. Throws `unavailable` for a database that a newer version, with a step
  /// that this one cannot live with, or none of ours has made; then nothing is changed.
  public func migrate() async throws(UserStoreError) -> [String] {
    try await migrate(to: Schema.migrations)
  }

  /// The names of the steps that `migrate()` would carry out; throws as it does.
  public func pendingMigrations() async throws(UserStoreError) -> [String] {
    try MigrationPlan.pending(known: Schema.migrations, applied: try await applied()).map(\.title)
  }

  /// For readiness: throws `unavailable` when PostgreSQL does not answer or its schema is not this version's.
  public func checkHealth() async throws(UserStoreError) {
    let pending = try await pendingMigrations()
    guard pending.isEmpty else {
      throw UserStoreError(.unavailable, "the database lacks \(pending.joined(separator: ", ")): run usher migrate")
    }
  }

  func migrate(to known: [SchemaMigration]) async throws(UserStoreError) -> [String] {
    var done: [String] = []
    // Another node may take a step first; each round sees at least one more step applied, so this many are enough.
    for _ in 0...known.count {
      guard let next = try MigrationPlan.pending(known: known, applied: try await applied()).first else { break }
      if try await apply(next) {
        done.append(next.title)
        logger.info("migrated the database", metadata: ["migration": "\(next.title)"])
      }
    }
    return done
  }

  /// False when another node was faster.
  private func apply(_ migration: SchemaMigration) async throws(UserStoreError) -> Bool {
    let checksum: String
    do { checksum = try migration.checksum() } catch { throw UserStoreError(.internal, error.description) }
    var steps = migration.statements.map { SQLStatement(nil, $0)() }
    if let needs = migration.needs { steps.append(Self.noteNeeds(.int(migration.number), .int(needs))) }
    do {
      _ = try await write(
        [
          Self.raiseTimeout(), Self.takeLock(.int(Self.lock)), Self.createTable(),
          Self.insertApplied(.int(migration.number), .text(migration.name), .text(checksum)),
        ] + steps, timeout: Self.patience)
      return true
    } catch {
      if case .refused(SQLState.uniqueViolation, "schema_migrations_pkey") = error { return false }
      throw UserStoreError(error)
    }
  }

  private func applied() async throws(UserStoreError) -> [MigrationPlan.Applied] {
    do {
      return try await read(Self.selectApplied())[0].rows.map { row throws(SQLFailure) in
        MigrationPlan.Applied(number: try row.int(0), checksum: try row.text(1), needs: try row.optionalInt(2))
      }
    } catch {
      // A database that was never migrated.
      if error.isRefusal(SQLState.undefinedTable) { return [] }
      throw UserStoreError(error)
    }
  }
}
