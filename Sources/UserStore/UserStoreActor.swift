public import FieldEncryption
public import Logging
public import Reactor
public import ServiceLifecycle
import ServiceQueue

/// Users, their sessions, the keys that sign access tokens, and the history of services, in PostgreSQL.
///
/// Lives on a reactor with its connections. Safe to call from any task; tasks that call it often should prefer the reactor
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
  let passwordMetrics = PasswordMetrics()
  let housekeeping = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  private let pool: PostgresPool
  /// Months of the history that have their partitions.
  var months = KnownMonths()

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
    pool = PostgresPool(configuration, reactor: reactor, logger: logger)
  }

  /// Connects, stays connected, forgets what has expired and takes up what is unfinished; returns after graceful shutdown or
  /// cancellation, when the connections are closed.
  public func run() async throws {
    await pool.start()
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { await self.keepTidy() }
        tasks.addTask { await self.keepPeople() }
      }
    }
    await pool.shutdown()
  }

  /// Closes the connections, for commands that do not use `run()`. Calls that come later fail as `unavailable`.
  public func shutdown() async {
    await pool.shutdown()
  }

  /// A group of reads.
  func read(_ calls: SQLCall..., on lane: PostgresPool.Lane = .interactive) async throws(SQLFailure) -> [SQLResult] {
    try await read(calls, on: lane)
  }

  /// The same with a group of whatever length.
  func read(
    _ calls: [SQLCall], on lane: PostgresPool.Lane = .interactive
  ) async throws(SQLFailure) -> [SQLResult] {
    try await pool.run(calls, writes: false, on: lane)
  }

  /// A group that changes something, as one transaction. `timeout` as in `PostgresConnection.run`.
  func write(
    _ calls: [SQLCall], timeout: Duration? = nil, on lane: PostgresPool.Lane = .interactive
  ) async throws(SQLFailure) -> [SQLResult] {
    try await pool.run(calls, writes: true, timeout: timeout, on: lane)
  }

  /// Reads that may take long. Throws `unavailable` when they take longer than a report may.
  func report(_ calls: SQLCall...) async throws(UserStoreError) -> [SQLResult] {
    do {
      return try await pool.run(calls, writes: false, on: .reports)
    } catch {
      guard error.isRefusal(SQLState.queryCanceled) else { throw UserStoreError(error) }
      throw UserStoreError(
        .unavailable, "the report took too long and was ended: ask for less at once, such as a shorter period")
    }
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
