import Reactor
import ServiceQueue
import UserStore

/// Brings Redis up to the history: `usher repair`.
///
/// Safe while servers run, and when it is run again: each service is held against Redis in one atomic step, where the newer
/// version wins. It needs a history that is not behind Redis, and waits some seconds for that.
struct Repair {
  /// The history lacks changes that wait in the outbox.
  struct HistoryIsBehind: Error, CustomStringConvertible {
    /// So many at least.
    let waiting: Int

    var description: String {
      """
      \(waiting) changes or more wait in Redis' outbox for the history. A repair from a history that is behind could bring \
      back what has ended: let a server run with PostgreSQL (usher serve) until its metric usher_history_lag_seconds is 0, \
      then repeat. If its log says that the history refuses a change, look at that one first.
      """
    }
  }

  let broker: any Broker
  let history: UserStoreActor
  /// How long the history may take to catch up with what has happened so far.
  var patience = Duration.seconds(10)
  /// How often a call is tried that Redis did not answer.
  private static let mostAttempts = 5
  /// Questions to Redis at one time.
  private static let parallelQuestions = 32
  private static let pause = Duration.milliseconds(200)
  private static let retry = Backoff(base: .milliseconds(200), limit: .seconds(2))

  /// Repairs `queue`, or all of them.
  ///
  /// - Parameters:
  ///   - queue: nil for all that Redis or the history has.
  ///   - isDryRun: counts alone, and changes nothing.
  ///   - progress: is told each queue when it is done.
  /// - Throws: `HistoryIsBehind`, `BrokerError` or `UserStoreError`. What was done until then stays, and a second run goes on.
  func run(
    queue: QueueName? = nil, isDryRun: Bool = false, progress: (QueueRepair) -> Void = { _ in }
  ) async throws -> RepairReport {
    try await awaitHistory()
    let present = Set(
      try await retrying { () async throws(BrokerError) in try await self.broker.queues() }.map(\.queue))
    let recorded = Set(try await history.openServiceCounts().map(\.queue))
    var report = RepairReport(isDryRun: isDryRun)
    for name in present.union(recorded).sorted() where queue == nil || queue == name {
      var done = QueueRepair(name)
      if !present.contains(name) {
        done.isNew = true
        if !isDryRun {
          _ = try await retrying { () async throws(BrokerError) in try await self.broker.createQueue(name) }
        }
      }
      try await bringBack(&done, isDryRun: isDryRun)
      if present.contains(name) { try await bringForward(&done, isDryRun: isDryRun) }
      progress(done)
      report.queues.append(done)
    }
    return report
  }

  /// Counts the services of `queue` that are open in the history, last changed in another epoch than `epoch`, and not
  /// in Redis as the history has them.
  func countLost(of queue: QueueName, outside epoch: Epoch?) async throws -> QueueRepair {
    var found = QueueRepair(queue)
    try await eachPage(of: queue) { page in
      for outcome in try await forecast(page.filter { $0.epoch != epoch }.map(\.service)) { found.count(outcome) }
    }
    return found
  }

  // MARK: - Steps

  private func awaitHistory() async throws {
    var gate = OutboxGate()
    var action = gate.beginning
    let end = ContinuousClock.now + patience
    while true {
      switch action {
      case .open: return
      case .read(let after, let limit): action = gate.found(try await outbox(after, limit))
      case .readLater(let after, let limit):
        guard .now < end else { throw HistoryIsBehind(waiting: gate.waiting) }
        try await Task.sleep(for: Self.pause)
        action = gate.found(try await outbox(after, limit))
      }
    }
  }

  private func outbox(_ last: OutboxID?, _ limit: Int) async throws -> [OutboxID] {
    try await retrying { () async throws(BrokerError) in
      try await self.broker.outbox(for: .history, after: last, limit: limit, wait: .zero).map(\.id)
    }
  }

  /// What is open in the history and lost, or older, in Redis.
  private func bringBack(_ done: inout QueueRepair, isDryRun: Bool) async throws {
    var found = done
    try await eachPage(of: done.queue) { page in
      for outcome in try await outcomes(of: page.map(\.service), isDryRun: isDryRun) { found.count(outcome) }
    }
    done = found
  }

  /// What is live in Redis as it was before. Those that are open in the history are dealt with already, in the queue where the
  /// history has them.
  private func bringForward(_ done: inout QueueRepair, isDryRun: Bool) async throws {
    let queue = done.queue
    var cursor: ListCursor?
    repeat {
      let query = ServiceListQuery(queue: queue, after: cursor, limit: BrokerLimits.page)
      let page = try await retrying { () async throws(BrokerError) in try await self.broker.list(query) }
      let versions = Dictionary(page.services.map { ($0.id, $0.version) }, uniquingKeysWith: max)
      let newer = try await history.historyEntries(page.services.map(\.id)).map(\.service).filter {
        !$0.state.isLive && versions[$0.id, default: 0] < $0.version
      }
      for outcome in try await outcomes(of: newer, isDryRun: isDryRun) { done.count(outcome) }
      cursor = page.next
    } while cursor != nil
  }

  private func eachPage(of queue: QueueName, _ body: ([HistoryEntry]) async throws -> Void) async throws {
    var last: ServiceID?
    repeat {
      let page = try await history.openServices(of: queue, after: last, limit: 500)
      try await body(page)
      last = page.last?.service.id
    } while last != nil
  }

  // MARK: - Services against Redis

  private func outcomes(of services: [Service], isDryRun: Bool) async throws -> [RestoreOutcome] {
    guard !isDryRun else { return try await forecast(services) }
    var outcomes: [RestoreOutcome] = []
    for start in stride(from: 0, to: services.count, by: BrokerLimits.restoreBatch) {
      let batch = Array(services[start..<min(start + BrokerLimits.restoreBatch, services.count)])
      let answers = try await retrying { () async throws(BrokerError) in try await self.broker.restore(batch) }
      for (service, answer) in zip(batch, answers) { outcomes.append(try await checked(answer, of: service)) }
    }
    return outcomes
  }

  /// One that was moved to another queue after the history was read is known there in a newer version.
  private func checked(_ outcome: RestoreOutcome, of recorded: Service) async throws -> RestoreOutcome {
    guard case .refused(let error) = outcome, error.code == .badTarget else { return outcome }
    guard let stored = try await stored(recorded.id), stored.version >= recorded.version else { return outcome }
    return .known
  }

  private func forecast(_ services: [Service]) async throws -> [RestoreOutcome] {
    var outcomes: [RestoreOutcome] = []
    for start in stride(from: 0, to: services.count, by: Self.parallelQuestions) {
      let batch = services[start..<min(start + Self.parallelQuestions, services.count)]
      outcomes += try await withThrowingTaskGroup(of: RestoreOutcome.self) { group in
        for service in batch {
          group.addTask { RepairForecast.outcome(of: service, in: try await self.stored(service.id)) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    return outcomes
  }

  private func stored(_ id: ServiceID) async throws -> Service? {
    do {
      return try await retrying { () async throws(BrokerError) in try await self.broker.service(id) }
    } catch let error as BrokerError where error.code == .notFound {
      return nil
    }
  }

  /// Every call here may be repeated: it asks, or it changes nothing the second time.
  private func retrying<Value: Sendable>(
    _ body: () async throws(BrokerError) -> Value
  ) async throws -> Value {
    for attempt in 0..<Self.mostAttempts - 1 {
      do throws(BrokerError) {
        return try await body()
      } catch {
        guard [.unavailable, .overloaded, .outcomeUnknown].contains(error.code) else { throw error }
      }
      try await Task.sleep(for: Self.retry.delay(attempt: attempt, chance: .random(in: 0..<1)))
    }
    return try await body()
  }
}
