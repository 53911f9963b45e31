import DequeModule
import Logging
import Reactor

/// A lasting link to Redis: connects, prepares each connection, connects again with backoff for ever, and keeps commands
/// through that as long as their deadlines allow. Stays on the reactor's thread; carries out what `LinkStateMachine` says.
///
/// Bounds: `limit` commands that wait or are sent, more are refused as overloaded. Deadlines are looked at every
/// `tickInterval`, so a caller may be answered that much late.
final class RedisLink {
  /// What a new connection must send, and what must come back.
  struct PreparationStep {
    let command: RedisCommand
    /// The reason why the answer will not do; nil when it will.
    let objection: (RedisValue) -> String?
  }

  /// Called when an attempt to connect needs the address of a host name; `open(_:)` must follow.
  var onAddressNeeded: (() -> Void)?
  /// Called each time the link is ready.
  var onReady: (() -> Void)?
  /// Why there is no connection; nil while there is one or before the first attempt.
  private(set) var lastFailure: String?

  private let name: String
  private let reactor: Reactor
  private let endpoint: RedisURL
  private let limit: Int
  private let mostSent: Int
  private let connectTimeout: Duration
  private let policy: Backoff
  private let preparation: () -> [PreparationStep]
  private let reload: RedisCommand?
  private let logger: Logger
  private let metrics: BrokerMetrics
  private let clock = ContinuousClock()

  private var machine = LinkStateMachine()
  private var connection: RedisConnection?
  private var inFlight = Deque<PendingCommand>()
  private var waiting = Deque<PendingCommand>()
  private var preparationLeft = 0
  /// The connection leads to a replica: nothing more is sent on it, and it ends when all is answered.
  private var isLeaving = false
  private var attemptTimer: ReactorTimer?
  private var tick: ReactorTimer?
  private var random = SystemRandomNumberGenerator()

  private static let tickInterval = Duration.milliseconds(50)

  /// At most `mostSent` are sent and not answered yet, the others wait. `reload` is sent when Redis answers that a function is
  /// not there, and the command then once more.
  init(
    name: String, reactor: Reactor, endpoint: RedisURL, limit: Int, mostSent: Int = .max, connectTimeout: Duration,
    policy: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(5)),
    logger: Logger, metrics: BrokerMetrics, reload: RedisCommand? = nil,
    preparation: @escaping () -> [PreparationStep]
  ) {
    self.name = name
    self.reactor = reactor
    self.endpoint = endpoint
    self.limit = limit
    self.mostSent = mostSent
    self.connectTimeout = connectTimeout
    self.policy = policy
    self.logger = logger
    self.metrics = metrics
    self.reload = reload
    self.preparation = preparation
  }

  /// True while commands are sent at once.
  var isReady: Bool { machine.phase == .ready }
  /// How long the oldest command that was sent has been without an answer; nil when all are answered.
  var silence: Duration? { inFlight.first?.sentAt.map { clock.now - $0 } }
  /// Failed attempts to connect since it was last ready.
  var failures: Int { machine.failures }
  /// Commands that wait or were sent.
  var underway: Int { inFlight.count + waiting.count }

  /// Begins to connect.
  func start() {
    perform(machine.start())
  }

  /// Another link has reached Redis: the next attempt need not wait any longer.
  func tryNow() {
    guard machine.phase == .backingOff else { return }
    attemptTimer?.cancel()
    perform(machine.backoffElapsed())
  }

  /// Ends the link: what was sent ends as unknown, what waits as unavailable.
  func close() {
    attemptTimer?.cancel()
    perform(machine.close())
  }

  /// Takes a command, now; it gets its outcome exactly once.
  func submit(_ pending: PendingCommand, at now: ContinuousClock.Instant) {
    switch machine.admit(underway: underway, limit: limit) {
    case .send where mayTakeMore: send(pending, at: now)
    case .send, .wait: waiting.append(pending)
    case .refuseOverloaded: return pending.complete(.failure(.overloaded(limit: limit)))
    case .refuseClosed: return pending.complete(.failure(.unavailable("the Broker is shut down")))
    }
    if tick == nil { scheduleTick() }
  }

  /// The address for the present attempt; nil when the name has none.
  func open(_ address: RedisAddress?) {
    guard machine.phase == .connecting, connection == nil else { return }
    guard let address else { return disconnected("the host name of USHER_REDIS_URL has no address") }
    let connection = RedisConnection(reactor: reactor)
    self.connection = connection
    connection.onConnect = { [unowned self] in perform(machine.connected()) }
    connection.onReply = { [unowned self] in answered($0, $1) }
    connection.onClose = { [unowned self] reason in
      self.connection = nil
      isLeaving = false
      while let pending = inFlight.popFirst() { if !pending.isDone { lost(pending) } }
      disconnected(reason)
    }
    connection.open(address)
  }
}

extension RedisLink {
  private func perform(_ action: LinkStateMachine.Action) {
    switch action {
    case .none: break
    case .connect: connect()
    case .prepare: prepare()
    case .sendWaiting: sendWaiting()
    case .backOff(let failures): backOff(failures)
    case .disconnect: disconnect("closed")
    case .failWaiting: failWaiting()
    }
  }

  private func connect() {
    attemptTimer = reactor.schedule(after: connectTimeout) { [weak self] in self?.attemptTimedOut() }
    switch endpoint.target {
    case .unix(let path): open(.unix(path: path))
    case .tcp(let host, let port) where HostResolver.isAddress(host): open(.tcp(ip: host, port: port))
    case .tcp: onAddressNeeded?()
    }
  }

  private func attemptTimedOut() {
    disconnect("no connection within \(connectTimeout)")
  }

  private func prepare() {
    let steps = preparation()
    preparationLeft = steps.count
    for step in steps {
      let pending = PendingCommand(step.command, effect: .wait, began: clock.now, patience: connectTimeout) {
        [weak self] result in self?.prepared(step, result)
      }
      send(pending)
    }
    if steps.isEmpty { becomeReady() }
  }

  private func prepared(_ step: PreparationStep, _ result: PendingCommand.Outcome) {
    let objection: String?
    switch result {
    case .success(let reply): objection = step.objection(reply.value)
    case .failure(.refused(let error)): objection = step.objection(.error(error))
    case .failure: return
    }
    if let objection {
      if machine.preparationFailed() == .disconnect { disconnect(objection) }
    } else {
      preparationLeft -= 1
      if preparationLeft == 0 { becomeReady() }
    }
  }

  private func becomeReady() {
    attemptTimer?.cancel()
    attemptTimer = nil
    if machine.failures > 0 { logger.info("Redis is connected again", metadata: ["failures": "\(machine.failures)"]) }
    lastFailure = nil
    perform(machine.prepared())
    onReady?()
  }

  private func sendWaiting() {
    while mayTakeMore, let pending = waiting.popFirst() {
      // Not sent means that the connection ends; the next one goes on.
      if !pending.isDone, !send(pending) { break }
    }
  }

  private var mayTakeMore: Bool { inFlight.count < mostSent && !isLeaving }

  private func disconnect(_ reason: String) {
    if let connection { connection.close(reason) } else { disconnected(reason) }
  }

  private func disconnected(_ reason: String) {
    attemptTimer?.cancel()
    attemptTimer = nil
    lastFailure = reason
    perform(machine.disconnected())
  }

  private func backOff(_ failures: Int) {
    let delay = policy.delay(attempt: failures - 1, chance: .random(in: 0..<1, using: &random))
    metrics.reconnected()
    logger.log(
      level: failures == 1 ? .warning : .debug, "Redis is not connected; trying again",
      metadata: ["reason": "\(lastFailure ?? "")", "failures": "\(failures)", "delay": "\(delay)"])
    attemptTimer = reactor.schedule(after: delay) { [weak self] in
      guard let self else { return }
      perform(machine.backoffElapsed())
    }
  }

  private func failWaiting() {
    for pending in waiting { pending.giveUp("the Broker is shut down") }
    waiting.removeAll()
  }
}

extension RedisLink {
  /// False when there is no connection that takes it; then it waits.
  @discardableResult private func send(_ pending: PendingCommand, at now: ContinuousClock.Instant? = nil) -> Bool {
    guard let connection, connection.send(pending) else {
      waiting.append(pending)
      return false
    }
    pending.sentAt = now ?? clock.now
    pending.wasSent = true
    inFlight.append(pending)
    return true
  }

  private func answered(_ pending: PendingCommand, _ reply: RedisReply?) {
    // Answers come in the order of the commands.
    _ = inFlight.popFirst()
    defer { goOn() }
    guard !pending.isDone else { return }
    guard let reply else { return lost(pending) }
    guard let error = reply.error else { return pending.complete(.success(reply)) }
    if error.hasPrefix("ERR Function not found") && !pending.hasReloaded && reload != nil {
      reloadFunctions()
      pending.hasReloaded = true
      send(pending)
    } else {
      if error.hasPrefix("READONLY") { isLeaving = true }
      pending.refuse(error)
    }
  }

  private func goOn() {
    guard isReady else { return }
    if isLeaving && inFlight.isEmpty {
      disconnect("Redis has become a replica; looking for the one that takes changes")
    } else {
      sendWaiting()
    }
  }

  private func lost(_ pending: PendingCommand) {
    pending.sentAt = nil
    if pending.effect == .change { pending.mayHaveHappened = true }
    if machine.phase == .closed || pending.effect == .wait {
      pending.giveUp("the connection to Redis broke")
    } else {
      waiting.append(pending)
    }
  }

  private func reloadFunctions() {
    guard let reload else { return }
    logger.notice("Redis has lost the functions; loading them again")
    // The command that is sent next finds out whether it helped.
    send(PendingCommand(reload, effect: .wait, began: clock.now, patience: connectTimeout))
  }

  private func scheduleTick() {
    tick = reactor.schedule(after: Self.tickInterval) { [weak self] in self?.lookAtDeadlines() }
  }

  private func lookAtDeadlines() {
    tick = nil
    let now = clock.now
    if let oldest = inFlight.first, let sentAt = oldest.sentAt, now - sentAt > oldest.patience {
      disconnect("Redis did not answer within \(oldest.patience)")
    }
    inFlight.forEach { if $0.deadline <= now { $0.giveUp("Redis did not answer in time") } }
    let reason = isReady ? "Redis did not answer in time" : "Redis is not connected: \(lastFailure ?? "connecting")"
    for pending in waiting where pending.deadline <= now { pending.giveUp(reason) }
    waiting.removeAll(where: \.isDone)
    metrics.underway(underway, link: name)
    if underway > 0 { scheduleTick() }
  }
}
