public import FieldEncryption
public import Logging
public import Reactor
public import ServiceLifecycle
import ServiceQueue

/// Users, their sessions, the keys that sign access tokens, and the history of services, in PostgreSQL.
///
/// Lives on a reactor with its connection. Safe to call from any task; tasks that call it often should prefer the reactor
/// as their executor. No call waits for ever: each ends with an answer or a `UserStoreError`. Personal data goes to
/// PostgreSQL only sealed.
public actor UserStoreActor: ServiceLifecycle.Service {
  /// Where the actor lives.
  nonisolated let reactor: Reactor
  /// The reactor.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  let configuration: UserStoreConfiguration
  let keyset: AEAD
  let hasher: PasswordHasher
  let logger: Logger
  private let connection: PostgresConnection

  /// A store that connects when `run()` begins or the first call needs it.
  ///
  /// - Parameters:
  ///   - configuration: the database and the limits.
  ///   - keyset: seals what is personal or secret.
  ///   - hasher: the process' one password hasher.
  ///   - reactor: the thread to live on; it must be shut down after the store.
  ///   - logger: gets ids and codes only.
  public init(
    configuration: UserStoreConfiguration, keyset: AEAD, hasher: PasswordHasher = PasswordHasher(), reactor: Reactor,
    logger: Logger
  ) {
    self.configuration = configuration
    self.keyset = keyset
    self.hasher = hasher
    self.reactor = reactor
    self.logger = logger
    connection = PostgresConnection(
      PostgresConnection.Settings(
        url: configuration.url, connectTimeout: configuration.connectTimeout, waitTimeout: configuration.waitTimeout,
        statementTimeout: configuration.statementTimeout, maximumPending: configuration.maximumPending),
      reactor: reactor, logger: logger)
  }

  /// Connects, stays connected, and every hour deletes sessions that have expired; returns after graceful shutdown or
  /// cancellation, when the connection is closed.
  public func run() async throws {
    await connection.start()
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(3600)) } catch { return }
        await self.deleteExpiredSessions()
      }
    }
    await connection.shutdown()
  }

  /// Closes the connection, for commands that do not use `run()`. Calls that come later fail as `unavailable`.
  public func shutdown() async {
    await connection.shutdown()
  }

  /// A group of reads. `timeout` as in `PostgresConnection.run`.
  func read(_ calls: SQLCall...) async throws(SQLFailure) -> [SQLResult] {
    try await connection.run(calls, writes: false)
  }

  /// A group that changes something, as one transaction.
  func write(_ calls: [SQLCall], timeout: Duration? = nil) async throws(SQLFailure) -> [SQLResult] {
    try await connection.run(calls, writes: true, timeout: timeout)
  }

  /// Carries out `body` with PostgreSQL's failures turned into the store's.
  func translating<Value>(
    _ body: () async throws(SQLFailure) -> Value
  ) async throws(UserStoreError) -> Value {
    do {
      return try await body()
    } catch {
      throw UserStoreError(error)
    }
  }
}
