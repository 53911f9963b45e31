public import Logging
import Reactor
public import ServiceQueue

/// Looks after the dead letters in RabbitMQ. Each operation has a thread and connections of its own and ends them: at most one at a
/// time, here and, by a lock in RabbitMQ, on all nodes; others wait, at most `waitingLimit` of them, as long as an operation may
/// take.
///
/// The letters are read as a consumer reads them, without acknowledgement, and are given back. To RabbitMQ they were then delivered
/// in vain: it counts that, marks them as redelivered, and, since the queue has no delivery limit, puts them behind those that
/// were not looked at. So it must have none, and the one that Usher declares has none; and their order is that of `at`.
public actor DeadLetterActor: DeadLetters {
  /// How long an operation may take; what is not done by then is left, and told.
  public static let limit = Duration.seconds(30)
  static let waitingLimit = 16

  private let url: AMQPURL
  private let topology: IntakeTopology
  private let limit: Duration
  private let logger: Logger
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// One that has not connected yet.
  ///
  /// - Parameters:
  ///   - url: where RabbitMQ is.
  ///   - topology: the names there.
  ///   - limit: how long an operation may take.
  ///   - logger: gets no personal data.
  public init(
    url: AMQPURL, topology: IntakeTopology = IntakeTopology(), limit: Duration = DeadLetterActor.limit, logger: Logger
  ) {
    self.url = url
    self.topology = topology
    self.limit = limit
    self.logger = logger
  }

  /// The oldest that match.
  public func list(_ filter: DeadLetterFilter, limit: Int) async throws(DeadLetterError) -> DeadLetterPage {
    try await perform { session in
      guard let session else { return DeadLetterPage(letters: [], total: 0, isComplete: true) }
      var letters: [DeadLetter] = []
      // All, and not only as many as are asked for: where they lie says nothing of their age.
      try session.read { delivery in
        let letter = DeadLetter(delivery)
        if filter.matches(letter) { letters.append(letter) }
        return true
      }
      letters.sort { ($0.at?.milliseconds ?? .max, $0.id.rawValue) < ($1.at?.milliseconds ?? .max, $1.id.rawValue) }
      let isComplete = session.sawAll && letters.count <= limit
      _ = try session.close()
      return DeadLetterPage(letters: Array(letters.prefix(limit)), total: session.total, isComplete: isComplete)
    }
  }

  /// One of them with its body.
  public func show(_ id: DeadLetterID) async throws(DeadLetterError) -> DeadLetterContent {
    try await perform { session in
      var found: DeadLetterContent?
      try session?.read { delivery in
        if DeadLetter(delivery).id == id { found = DeadLetterContent(delivery) }
        return found == nil
      }
      _ = try session?.close()
      guard let found else {
        throw DeadLetterError(
          .notFound, "there is no such dead letter, or not among the \(DeadLetterLimits.scan) that were looked at")
      }
      return found
    }
  }

  /// Sends those that match where they first went.
  public func requeue(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome {
    try await change(filter, "requeued") { try $0.requeue(filter, &$1) }
  }

  /// Removes those that match.
  public func purge(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome {
    try await change(filter, "purged") { try $0.purge(filter, &$1) }
  }

  /// How many lie there; 0 where there is no such queue. Waits for nobody.
  public func count() async throws(DeadLetterError) -> Int {
    let (url, queue) = (url, topology.deadQueue)
    return try await Self.onThread {
      do throws(AMQPError) {
        let connection = try AMQPConnection.open(url, options: .init(name: "usher dead letters"))
        let depth = try connection.depth(of: queue)
        connection.close()
        return depth
      } catch {
        guard error.code != .notFound else { return 0 }
        throw error
      }
    }
  }

  // MARK: - One at a time

  private func change(
    _ filter: DeadLetterFilter, _ verb: String,
    _ body: @escaping @Sendable (DeadLetterSession, inout DeadLetterOutcome) throws -> Void
  ) async throws(DeadLetterError) -> DeadLetterOutcome {
    let outcome: DeadLetterOutcome = try await perform { session in
      var outcome = DeadLetterOutcome()
      outcome.missing = filter.ids ?? []
      guard let session else { return outcome }
      do {
        try body(session, &outcome)
        outcome.remaining = try session.close()
      } catch {
        guard session.removed > 0 else { throw error }
        throw DeadLetterError(
          .interrupted, "broke off when about \(session.removed) were \(verb); the others lie there still: \(error)")
      }
      return outcome
    }
    logger.notice(
      "Dead letters \(verb)", metadata: ["count": "\(outcome.done)", "remaining": "\(outcome.remaining)"])
    return outcome
  }

  /// Runs `body` with a session, nil where there is no queue of dead letters, when its turn has come.
  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (DeadLetterSession?) throws -> Value
  ) async throws(DeadLetterError) -> Value {
    try await takeTurn()
    defer { passTurn() }
    let (url, topology, limit) = (url, topology, limit)
    return try await Self.onThread {
      try body(try DeadLetterSession.open(url, topology, deadline: .now + limit))
    }
  }

  private func takeTurn() async throws(DeadLetterError) {
    guard isBusy else {
      isBusy = true
      return
    }
    guard waiting.count < Self.waitingLimit else {
      throw DeadLetterError(.busy, "too many are at the dead letters; try again")
    }
    // Whoever passes the turn leaves `isBusy` as it is.
    await withCheckedContinuation { waiting.append($0) }
  }

  private func passTurn() {
    if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
  }

  /// Runs `body`, which blocks, on a thread that is made for it.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws(DeadLetterError) -> Value {
    do {
      let reactor = try Reactor(name: "dead-letters")
      let result: Result<Value, any Error>
      do {
        result = .success(try await BlockingThread(reactor: reactor).run(body))
      } catch {
        result = .failure(error)
      }
      await reactor.shutdown()
      return try result.get()
    } catch let error as DeadLetterError {
      throw error
    } catch {
      throw DeadLetterError(.unavailable, "\(error)")
    }
  }
}

/// Where an operation may block.
private actor BlockingThread {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  init(reactor: Reactor) { self.reactor = reactor }

  func run<Value: Sendable>(_ body: @Sendable () throws -> Value) throws -> Value { try body() }
}
