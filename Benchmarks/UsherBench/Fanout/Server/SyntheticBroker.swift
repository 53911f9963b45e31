import ServiceQueue
import Synchronization

/// A Broker of one empty queue whose events are made on order, and which remembers the last of them for those who recover.
/// Everything else is refused.
final class SyntheticBroker: Broker, EventSource {
  private struct State {
    var version = BenchEvent.firstVersion
    var recent: [QueueEvent] = []
    var subscribers: [AsyncStream<EventBatch>.Continuation] = []
    var counts = EventSourceCounts()
    var hasDropped = false

    mutating func send(_ batch: EventBatch) {
      for subscriber in subscribers {
        if case .dropped = subscriber.yield(batch) { hasDropped = true }
      }
    }
  }

  /// Events that are remembered, at least; the double at most.
  private static let memory = 2_048
  /// Batches that wait for a subscriber; one that is slower than this makes the measurement fail.
  private static let bound = 16_384

  private let maker: BenchEvent.Maker
  private let state = Mutex(State())

  init() throws { maker = try BenchEvent.Maker() }

  private var version: QueueVersion { state.withLock { $0.version } }
  var counts: EventSourceCounts { state.withLock { $0.counts } }

  /// Makes one event and sends it as a batch of its own, as the Broker does with what comes singly. False when there are no
  /// more versions, or a subscriber's buffer is full.
  func publish() -> Bool {
    state.withLock { state in
      guard state.version < BenchEvent.lastVersion, !state.hasDropped else { return false }
      state.version += 1
      let event = maker.make(state.version)
      if state.recent.count >= 2 * Self.memory { state.recent.removeFirst(Self.memory) }
      state.recent.append(event)
      state.send(.events([event]))
      return !state.hasDropped
    }
  }

  func subscribe() async -> EventSubscription {
    let (stream, continuation) = AsyncStream<EventBatch>.makeStream(bufferingPolicy: .bufferingOldest(Self.bound))
    state.withLock { $0.subscribers.append(continuation) }
    return EventSubscription(batches: stream)
  }

  func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    let summary = try await self.queue(queue)
    state.withLock { $0.counts.snapshots += 1 }
    return QueueSnapshot(summary: summary, services: [])
  }

  func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    _ = try await self.queue(queue)
    return state.withLock { state in
      state.counts.recoveries += 1
      let missed = state.version - min(version, state.version)
      guard epoch == nil || epoch == maker.epoch, version <= state.version, missed <= UInt64(state.recent.count) else {
        return .gone(epoch: maker.epoch, current: state.version)
      }
      let events = state.recent.suffix(Int(missed)).prefix(limit)
      return .events(Array(events), epoch: maker.epoch, current: state.version)
    }
  }

  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary {
    guard name == maker.queue else { throw .refusal(.unknownQueue) }
    return QueueSummary(
      queue: name, version: version, epoch: maker.epoch, digest: QueueDigest(), mode: .open, counts: StateCounts())
  }

  func queues() async throws(BrokerError) -> [QueueSummary] { [try await queue(maker.queue)] }

  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool {
    if !announcement.changes.isEmpty { state.withLock { $0.send(.presence(announcement.changes)) } }
    return true
  }

  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence {
    QueuePresence(entries: [], connections: 0, users: 0)
  }
}

// What nobody asks here.
extension SyntheticBroker {
  private static let unavailable = BrokerError(.unavailable, "there are no services in this benchmark")

  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] { throw Self.unavailable }
  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer { throw Self.unavailable }
  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    requests.map { _ in .failure(Self.unavailable) }
  }
  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer { throw Self.unavailable }
  func service(_ id: ServiceID) async throws(BrokerError) -> Service { throw Self.unavailable }
  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage { throw Self.unavailable }
  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool { false }
  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition { throw Self.unavailable }
  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics { throw Self.unavailable }
  func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome] { throw Self.unavailable }
  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    throw Self.unavailable
  }
  func rewriteLog() async throws(BrokerError) -> LogRewrite { .hasNone }
  func assure(_ queue: QueueName, seen version: QueueVersion, in epoch: Epoch) async throws(BrokerError) -> Bool {
    false
  }
  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] { [] }
  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {}
}
