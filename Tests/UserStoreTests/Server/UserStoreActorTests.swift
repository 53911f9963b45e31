import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import UserStore

@Suite("The store as a service, against a real server", .serialized)
struct UserStoreActorTests {
  @Test func runsUntilGracefulShutdown() async throws {
    try await withDatabase { database in
      let store = database.store()
      let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(services: [store], logger: TestDatabase.quietLogger()))
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        _ = try await store.migrate()
        try await store.checkHealth()
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
      }
      await expectError(.unavailable) { try await store.checkHealth() }
    }
  }

  @Test func recoversFromATerminatedBackend() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      let connection = database.connection()
      let pid = try #require(
        try await store.read(SQLStatement(nil, "SELECT pg_backend_pid()::bigint")())[0].first
      ).int(0)
      _ = try await connection.run([SQLStatement(nil, "SELECT pg_terminate_backend(\(pid))")()], writes: true)
      try await Task.sleep(for: .milliseconds(50))
      #expect(try await store.user(id: user.id) == user)
      try await store.checkHealth()
      await connection.shutdown()
    }
  }

  @Test func failuresToConnectHoldNoPassword() async throws {
    try await withDatabase { database in
      let log = Recorder()
      let nobody = try DatabaseURL("postgresql://u:s3cret@127.0.0.1:1/x")
      let store = database.store(logger: Logger(label: "test", factory: { _ in log })) {
        $0.url = nobody
        $0.waitTimeout = .milliseconds(100)
      }
      await expectError(.unavailable) { try await store.checkHealth() }
      await store.shutdown()
      let text = log.lines.withLock { $0.joined(separator: "\n") }
      #expect(text.contains("cannot connect") && text.contains("127.0.0.1:1/x") && !text.contains("s3cret"))
    }
  }

  @Test func logsHoldNoSecrets() async throws {
    try await withDatabase { database in
      let log = Recorder()
      let store = database.store(logger: Logger(label: "test", factory: { _ in log }))
      _ = try await store.migrate()
      let user = try await store.createUser(UserTests.newUser())
      await expectError(.usernameTaken) { try await store.createUser(UserTests.newUser()) }
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "alice", password: "hunter2hunter2")
      }
      let token = try await store.issueRefreshToken(userID: user.id).token
      _ = try await store.refresh(token)
      await expectError(.tokenReuse) { try await store.refresh(token) }
      await store.shutdown()
      let text = log.lines.withLock { $0.joined(separator: "\n") }
      #expect(text.contains("migrated") && text.contains("used twice"))
      for secret in [token, "hunter2hunter2", "correct horse", "alice@example.org", "Neil", "s3cret"] {
        #expect(!text.contains(secret))
      }
    }
  }
}

/// Keeps every line of every level.
final class Recorder: LogHandler, Sendable {
  let lines = Mutex<[String]>([])
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    let metadata = event.metadata.map { "\($0)" } ?? ""
    lines.withLock { $0.append("\(event.message) \(metadata)") }
  }
}
