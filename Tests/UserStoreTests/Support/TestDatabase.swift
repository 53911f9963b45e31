import FieldEncryption
import Foundation
import Logging
import Reactor
import ServiceQueue
import Testing

@testable import UserStore

/// A schema of its own in the database of USHER_TEST_DATABASE_URL, and how to reach it.
struct TestDatabase: Sendable {
  struct Missing: Error, CustomStringConvertible {
    var description: String {
      "USHER_TEST_DATABASE_URL is not set: it must name a database whose user may create schemas (ops/test sets it)"
    }
  }

  let url: DatabaseURL
  let schema: String
  let reactor: Reactor
  let keyset: Keyset
  let aead: AEAD
  /// Weak on purpose: the tests are not about scrypt.
  let hasher = PasswordHasher(parameters: ScryptParameters(logN: 4, r: 8, p: 1)!)

  static var serverURL: String {
    get throws {
      guard let url = ProcessInfo.processInfo.environment["USHER_TEST_DATABASE_URL"] else { throw Missing() }
      return url
    }
  }

  static func quietLogger() -> Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

  func settings() -> PostgresConnection.Settings {
    var settings = PostgresConnection.Settings(
      url: url, connectTimeout: .seconds(15), waitTimeout: .seconds(15), statementTimeout: .seconds(15),
      maximumPending: 1024)
    settings.policy = Backoff(base: .milliseconds(10), limit: .milliseconds(100))
    return settings
  }

  func connection(_ change: (inout PostgresConnection.Settings) -> Void = { _ in }) -> PostgresConnection {
    var settings = settings()
    change(&settings)
    return PostgresConnection(settings, reactor: reactor, logger: Self.quietLogger())
  }

  /// Another node on the same schema.
  func store(
    hasher: PasswordHasher? = nil, logger: Logger? = nil,
    _ change: (inout UserStoreConfiguration) -> Void = { _ in }
  ) -> UserStoreActor {
    var configuration = UserStoreConfiguration(url: url)
    change(&configuration)
    return UserStoreActor(
      configuration: configuration, keyset: aead, hasher: hasher ?? self.hasher, reactor: reactor,
      logger: logger ?? Self.quietLogger())
  }

  /// Every value of every column of a table, as text (bytea as hex), for looking for what must not be there.
  func dump(_ table: String, over connection: PostgresConnection) async throws -> String {
    let statement = SQLStatement(nil, "SELECT t::text FROM \(table) t")
    let rows = try await connection.run([statement()], writes: false)[0].rows
    return try rows.map { try $0.text(0) }.joined(separator: "\n")
  }
}

/// Runs `body` with an empty schema of its own, and removes it afterwards.
func withDatabase(_ body: (TestDatabase) async throws -> Void) async throws {
  let base = try TestDatabase.serverURL
  let schema = "t" + (try SecureRandom.bytes(8)).map { String($0, radix: 16) }.joined()
  let url = try DatabaseURL(base + (base.contains("?") ? "&" : "?") + "options=-c%20search_path%3D\(schema)")
  let reactor = try Reactor(name: "test")
  let keyset = try Keyset.generate()
  let database = TestDatabase(
    url: url, schema: schema, reactor: reactor, keyset: keyset, aead: try AEAD(keyset))
  let admin = database.connection()
  _ = try await admin.run([SQLStatement(nil, "CREATE SCHEMA \(schema)")()], writes: true)
  let result: Result<Void, any Error>
  do { result = .success(try await body(database)) } catch { result = .failure(error) }
  _ = try? await admin.run([SQLStatement(nil, "DROP SCHEMA \(schema) CASCADE")()], writes: true)
  await admin.shutdown()
  await reactor.shutdown()
  try result.get()
}

/// The same with a store over the migrated schema.
func withStore(_ body: (UserStoreActor, TestDatabase) async throws -> Void) async throws {
  try await withDatabase { database in
    let store = database.store()
    let result: Result<Void, any Error>
    do {
      _ = try await store.migrate()
      result = .success(try await body(store, database))
    } catch { result = .failure(error) }
    await store.shutdown()
    try result.get()
  }
}

/// Expects a `UserStoreError` of this code.
func expectError<Value>(
  _ code: UserStoreError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async {
  do {
    _ = try await body()
    Issue.record("nothing was thrown in place of \(code)", sourceLocation: sourceLocation)
  } catch let error as UserStoreError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error) was thrown in place of \(code)", sourceLocation: sourceLocation)
  }
}
