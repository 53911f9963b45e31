import Logging
import Reactor

/// One connection to PostgreSQL in pipeline mode, which comes back by itself. Lives on the reactor, whose thread it never
/// blocks (but for the look-up of a host name).
///
/// A group of statements is one transaction: all or nothing, with nobody else's statements in between, since a group that
/// writes lies alone between two syncs. Groups that only read share one sync a tick. After `shutdown()` nothing can be
/// asked; until then the reactor keeps a connection that was used alive.
actor PostgresConnection {
  struct Settings: Sendable {
    var url: DatabaseURL
    var connectTimeout: Duration
    /// How long a request waits for a connection.
    var waitTimeout: Duration
    /// PostgreSQL's own `statement_timeout`; without an answer for two seconds more the connection counts as dead.
    var statementTimeout: Duration
    /// Requests that wait or are in flight; one more is refused.
    var maximumPending: Int
    var policy = Backoff.reconnect
    /// Which of the pool's connections it is, for metrics and logs.
    var name = "interactive"
  }

  private struct Request {
    let calls: [SQLCall]
    let writes: Bool
    let timeout: Duration
    let begun = ContinuousClock.now
    /// It was skipped once: it goes out alone and by its text, so the next answer is its own.
    var isRepeated = false
    let continuation: CheckedContinuation<Result<[SQLResult], SQLFailure>, Never>
  }

  private static let grace = Duration.seconds(2)

  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private let settings: Settings
  private let logger: Logger
  private var state: ConnectionState<Request>
  private var book = PipelineBook<Request>()
  private var handle: LibpqHandle?
  private var watch: Watch?
  private var prepared: Set<String> = []
  private var flushIsDue = false
  private var sendFailed = false
  private var connectTimer: ReactorTimer?
  private var retryTimer: ReactorTimer?
  private var expiryTimer: ReactorTimer?
  private var progressTimer: ReactorTimer?
  private var lastProgress = ContinuousClock.now
  private var slowestTimeout = Duration.zero
  private var drainWaiters: [CheckedContinuation<Void, Never>] = []

  private let metrics: ConnectionMetrics

  init(_ settings: Settings, reactor: Reactor, logger: Logger) {
    self.settings = settings
    self.reactor = reactor
    self.logger = logger
    metrics = ConnectionMetrics(connection: settings.name)
    state = ConnectionState(
      policy: settings.policy, limit: settings.maximumPending, waitTimeout: settings.waitTimeout)
  }

  /// Carries out a group as one transaction; the results are in the order of the calls.
  ///
  /// `writes` is false only if nothing in it changes anything: it then shares a transaction with others, and a break means
  /// `unavailable` in place of `outcomeUnknown`. `timeout` must be given if a statement of the group raises `statement_timeout`.
  func run(_ calls: [SQLCall], writes: Bool, timeout: Duration? = nil) async throws(SQLFailure) -> [SQLResult] {
    let result = await withCheckedContinuation { continuation in
      let request = Request(
        calls: calls, writes: writes, timeout: timeout ?? settings.statementTimeout, continuation: continuation)
      switch state.submit(request, inFlight: book.count, now: .now) {
      case .send(let request): send(request)
      case .refuse(let request, let failure): answer(request, .failure(failure))
      case .wait(let connect):
        armExpiry()
        if connect { beginConnecting() }
      }
      tellLoad()
    }
    return try result.get()
  }

  /// The process of the server that serves this connection; nil when there is none.
  var backendProcessID: Int64? { state.phase == .ready ? handle?.backendProcessID : nil }

  /// Connects without waiting for a request. Again: nothing happens.
  func start() {
    if state.start() { beginConnecting() }
  }

  /// Refuses new requests, waits up to two seconds for what is in flight, and closes.
  func shutdown() async {
    for request in state.close() { refuse(request, "the store is shut down") }
    retryTimer?.cancel()
    expiryTimer?.cancel()
    if book.count > 0 {
      let deadline = reactor.schedule(after: Self.grace) { self.tearDown() }
      await withCheckedContinuation { drainWaiters.append($0) }
      deadline.cancel()
    }
    tearDown()
  }

  // MARK: - Connecting

  private func beginConnecting() {
    connectTimer = reactor.schedule(after: settings.connectTimeout) { self.fail("no connection in time") }
    handle = LibpqHandle(settings.url, statementTimeout: settings.statementTimeout, logger: logger)
    guard let handle else { return fail("out of memory") }
    guard !handle.isBroken else { return fail(handle.connectError) }
    // As libpq's manual says: behave first as if it had answered "writing".
    observe(handle, .writable) { self.advance() }
  }

  private func advance() {
    guard let handle else { return }
    // libpq may replace its socket: the watch must not outlive it.
    watch?.cancel()
    watch = nil
    switch handle.advance() {
    case .wantsRead: observe(handle, .readable) { self.advance() }
    case .wantsWrite: observe(handle, .writable) { self.advance() }
    case .failed: fail(handle.connectError)
    case .connected: connected(handle)
    }
  }

  private func observe(_ handle: LibpqHandle, _ interest: Readiness, _ handler: @escaping () -> Void) {
    do {
      watch = try reactor.watch(handle.descriptor, for: interest) { _ in handler() }
    } catch {
      fail(error.description)
    }
  }

  private func connected(_ handle: LibpqHandle) {
    connectTimer?.cancel()
    connectTimer = nil
    observe(handle, .readable) { self.ready() }
    guard watch != nil else { return }
    logger.info(
      "connected to PostgreSQL", metadata: ["server": "\(settings.url)", "connection": "\(settings.name)"])
    metrics.connected()
    for request in state.connected() { send(request) }
  }

  /// The attempt failed, or the connection is no more.
  private func fail(_ reason: String) {
    let wasReady = state.phase == .ready
    closeHandle()
    if state.phase != .closed {
      metrics.failed()
      logger.warning(
        wasReady ? "lost the connection to PostgreSQL" : "cannot connect to PostgreSQL",
        metadata: [
          "server": "\(settings.url)", "connection": "\(settings.name)", "reason": "\(reason)",
          "failures": "\(state.failures + 1)",
        ])
    }
    if let delay = state.broken(random: .random(in: 0..<1)) {
      retryTimer = reactor.schedule(after: delay) {
        if self.state.retryDue() { self.beginConnecting() }
      }
    }
  }

  private func closeHandle() {
    watch?.cancel()
    watch = nil
    connectTimer?.cancel()
    connectTimer = nil
    progressTimer?.cancel()
    progressTimer = nil
    handle = nil
    prepared = []
    sendFailed = false
    metrics.disconnected()
    for request in book.abandon() {
      if request.writes {
        answer(request, .failure(.outcomeUnknown))
      } else {
        refuse(request, "the connection to PostgreSQL broke")
      }
    }
    tellLoad()
    resumeDrained()
  }

  private func tearDown() {
    guard state.phase == .closed else { return }
    closeHandle()
  }

  // MARK: - Sending

  private func send(_ request: Request) {
    guard let handle else { return refuse(request, "there is no connection to PostgreSQL") }
    if book.count == 0 {
      lastProgress = .now
      slowestTimeout = .zero
    }
    slowestTimeout = max(slowestTimeout, request.timeout)
    var sent = true
    // What writes must not fail with others. Nor must a preparation, on which those behind it rely.
    let alone = request.writes || request.isRepeated || request.calls.contains { isUnprepared($0.statement) }
    if alone && book.hasOpenSegment { sent = sync(handle) }
    book.begin(request, statements: request.calls.count)
    for call in request.calls {
      let name = request.isRepeated ? nil : call.statement.name
      if let name, prepared.insert(name).inserted {
        sent = handle.prepare(name, call) && sent
        book.sentPrepare(name)
      }
      sent = handle.execute(call, preparedName: name) && sent
      book.sentStatement()
    }
    if alone { sent = sync(handle) && sent }
    // The end of the tick deals with it: what the book says was sent, was not.
    if !sent { sendFailed = true }
    if !flushIsDue {
      flushIsDue = true
      reactor.atEndOfTick { self.endTick() }
    }
    armProgress()
  }

  private func isUnprepared(_ statement: SQLStatement) -> Bool {
    statement.name.map { !prepared.contains($0) } ?? false
  }

  private func sync(_ handle: LibpqHandle) -> Bool {
    book.sentSync()
    return handle.sync()
  }

  private func endTick() {
    flushIsDue = false
    guard let handle else { return }
    if book.hasOpenSegment && !sync(handle) { sendFailed = true }
    guard !sendFailed else { return fail("it does not take statements") }
    flush(handle)
  }

  private func flush(_ handle: LibpqHandle) {
    guard !handle.isBroken, let more = handle.flush() else { return fail("it cannot be written to") }
    watch?.update(more ? [.readable, .writable] : .readable)
  }

  // MARK: - Receiving

  private func ready() {
    guard let handle else { return }
    guard handle.consume() else { return fail("the server closed it") }
    var separators = 0
    while separators < 3, self.handle === handle, let reply = handle.next() {
      if case .separator = reply {
        separators += 1
      } else {
        separators = 0
        receive(reply)
      }
    }
    guard self.handle === handle else { return }
    guard !handle.isBroken else { return fail("the server closed it") }
    if watch?.interest.contains(.writable) == true { flush(handle) }
  }

  private func receive(_ reply: LibpqHandle.Reply) {
    lastProgress = .now
    let action =
      switch reply {
      case .result(let result): book.received(.result(result))
      case .failure(let failure): book.received(.failure(failure))
      case .aborted: book.received(.aborted)
      case .sync: book.received(.sync)
      case .separator: PipelineBook<Request>.Action.none
      }
    switch action {
    case .none: break
    case .confused: fail("its answers do not fit the questions")
    case .segmentEnded(let done, let skipped, let unprepared):
      prepared.subtract(unprepared)
      for (request, result) in done { answer(request, result) }
      for var request in skipped {
        guard !request.isRepeated && state.phase == .ready else {
          refuse(request, "it was skipped because of other statements")
          continue
        }
        request.isRepeated = true
        send(request)
      }
      tellLoad()
      if book.count == 0 { resumeDrained() }
    }
  }

  private func resumeDrained() {
    let waiters = drainWaiters
    drainWaiters = []
    for waiter in waiters { waiter.resume() }
  }

  private func refuse(_ request: Request, _ reason: String) { answer(request, .failure(.unavailable(reason))) }

  private func answer(_ request: Request, _ result: Result<[SQLResult], SQLFailure>) {
    metrics.answered(after: .now - request.begun)
    request.continuation.resume(returning: result)
  }

  private func tellLoad() { metrics.load(inFlight: book.count, waiting: state.waitingCount) }

  // MARK: - Timers

  private func armExpiry() {
    guard expiryTimer == nil, let deadline = state.nextDeadline else { return }
    expiryTimer = reactor.schedule(after: deadline - .now) {
      self.expiryTimer = nil
      for request in self.state.expire(now: .now) { self.refuse(request, "PostgreSQL cannot be reached") }
      self.tellLoad()
      self.armExpiry()
    }
  }

  private func armProgress() {
    guard progressTimer == nil, book.count > 0 else { return }
    let deadline = lastProgress + slowestTimeout + Self.grace
    progressTimer = reactor.schedule(after: deadline - .now) {
      self.progressTimer = nil
      guard self.book.count > 0 else { return }
      if self.lastProgress + self.slowestTimeout + Self.grace <= .now {
        self.fail("no answer in time")
      } else {
        self.armProgress()
      }
    }
  }
}
