public import Logging
import Metrics
import Reactor
public import ServiceLifecycle
public import ServiceQueue

/// Carries changes from the Broker's outbox to the history, and has them forgotten there only when PostgreSQL has committed
/// them. Several may run at once, since recording is idempotent.
///
/// Errors of either side end in a pause and another attempt, for ever. An entry whose values PostgreSQL refuses is logged
/// with its id, counted, and left in the outbox; see `RelayState` for the bound.
public struct HistoryRelay: ServiceLifecycle.Service {
  private let broker: any Broker
  private let store: UserStoreActor
  private let reader: SubjectReader?
  private let logger: Logger
  private let wait: Duration
  private let policy: Backoff

  private let recorded = Counter(label: "usher_history_recorded_total")
  private let refused = Counter(label: "usher_history_refused_total")
  private let failures = Counter(label: "usher_history_failures_total")
  private let lag = Gauge(label: "usher_history_lag_seconds")

  /// A relay from `broker` to `store`. With a `reader` new services can be found by their customers at once.
  public init(broker: any Broker, store: UserStoreActor, reader: SubjectReader?, logger: Logger) {
    self.init(broker: broker, store: store, reader: reader, logger: logger, wait: .seconds(2), policy: .reconnect)
  }

  init(
    broker: any Broker, store: UserStoreActor, reader: SubjectReader? = nil, logger: Logger, wait: Duration,
    policy: Backoff
  ) {
    self.broker = broker
    self.store = store
    self.reader = reader
    self.logger = logger
    self.wait = wait
    self.policy = policy
  }

  /// Relays until graceful shutdown or cancellation. What was read and not recorded stays in the outbox.
  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.relay() }
  }

  private func relay() async {
    var state = RelayState()
    var failedRounds = 0
    while !Task.isCancelled {
      do {
        try await relayOnce(&state)
        failedRounds = 0
      } catch {
        guard !Task.isCancelled else { return }
        failures.increment()
        failedRounds += 1
        logger.warning("the history relay pauses", metadata: ["error": "\(error)", "failures": "\(failedRounds)"])
        let delay = policy.delay(attempt: failedRounds - 1, chance: .random(in: 0..<1))
        do { try await Task.sleep(for: delay) } catch { return }
      }
    }
  }

  private func relayOnce(_ state: inout RelayState) async throws {
    let page = try await broker.outbox(for: .history, after: state.position, limit: BrokerLimits.outbox, wait: wait)
    guard let oldest = page.first, let last = page.last else {
      lag.record(0)
      state.foundNothing()
      return
    }
    // Before it is recorded: while PostgreSQL is away the lag must be seen to grow.
    lag.record(Self.age(of: oldest.id))
    let entries = page.filter { !state.refused.contains($0.id) }
    let done: [OutboxEntry]
    if try await refusal(of: entries) == nil {
      done = entries
    } else {
      done = try await recordSingly(entries, &state)
    }
    if !done.isEmpty {
      try await broker.acknowledgeOutbox(done.map(\.id), for: .history)
      recorded.increment(by: done.count)
    }
    state.advanced(to: last.id)
  }

  /// Records what can be recorded of a batch that was refused as a whole.
  private func recordSingly(_ entries: [OutboxEntry], _ state: inout RelayState) async throws -> [OutboxEntry] {
    var done: [OutboxEntry] = []
    for entry in entries {
      guard let refusal = try await refusal(of: [entry]) else {
        done.append(entry)
        continue
      }
      refused.increment()
      logger.error(
        "the history refuses a change: it stays in the outbox",
        metadata: ["outbox": "\(entry.id)", "error": "\(refusal)"])
      if state.refuse(entry.id) == .tooMany { throw refusal }
    }
    return done
  }

  /// Records; returns the error when PostgreSQL refuses the values, so that another attempt is of no use.
  private func refusal(of entries: [OutboxEntry]) async throws(UserStoreError) -> UserStoreError? {
    do {
      try await store.record(entries, reader: reader)
      return nil
    } catch {
      guard error.code == .invalidArgument else { throw error }
      return error
    }
  }

  /// Seconds since the entry came into the outbox: its id begins with Redis' clock in milliseconds.
  private static func age(of id: OutboxID) -> Double {
    max(0, Double(WallClock.milliseconds() - Int64(clamping: id.milliseconds)) / 1000)
  }
}
