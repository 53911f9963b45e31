import Logging
import Reactor
import ServiceQueue
import Synchronization
import Testing

@testable import UserStore

/// An outbox in memory: what the relay sees of a Broker, and no more.
final class OutboxOnly: Broker, Sendable {
  struct State {
    var entries: [OutboxEntry]
    var failures: [BrokerError]
    var acknowledged: [OutboxID] = []
  }

  let state: Mutex<State>

  init(_ entries: [OutboxEntry], failures: [BrokerError] = []) {
    state = Mutex(State(entries: entries, failures: failures))
  }

  var left: [UInt64] { state.withLock { $0.entries.map(\.id.sequence) } }

  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    try fail()
    let found = state.withLock { state in
      state.entries.filter { entry in last.map { $0 < entry.id } ?? true }.prefix(limit)
    }
    if found.isEmpty { try? await Task.sleep(for: min(wait, .milliseconds(10))) }
    return Array(found)
  }

  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    try fail()
    state.withLock { state in
      state.acknowledged += ids
      state.entries.removeAll { ids.contains($0.id) }
    }
  }

  private func fail() throws(BrokerError) {
    if let error = state.withLock({ $0.failures.popLast() }) { throw error }
  }

  static let other = BrokerError(.internal, "only the outbox is there")
  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] { throw Self.other }
  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer { throw Self.other }
  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    requests.map { _ in .failure(Self.other) }
  }
  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer { throw Self.other }
  func service(_ id: ServiceID) async throws(BrokerError) -> ServiceQueue.Service { throw Self.other }
  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition { throw Self.other }
  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics { throw Self.other }
  func restore(_ services: [ServiceQueue.Service]) async throws(BrokerError) -> [RestoreOutcome] { throw Self.other }
  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    throw Self.other
  }
  func rewriteLog() async throws(BrokerError) -> LogRewrite { throw Self.other }
  func assure(_ queue: QueueName, seen version: QueueVersion, in epoch: Epoch) async throws(BrokerError) -> Bool {
    throw Self.other
  }
  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage { throw Self.other }
  func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot { throw Self.other }
  func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage { throw Self.other }
  func subscribe() async -> EventSubscription { EventSubscription(batches: AsyncStream { $0.finish() }) }
  func queues() async throws(BrokerError) -> [QueueSummary] { throw Self.other }
  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary { throw Self.other }
  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool { throw Self.other }
  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool { throw Self.other }
  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence { throw Self.other }
}

@Suite("History relay, against a real server", .serialized)
struct HistoryRelayTests {
  /// Runs a relay until `outbox` holds no more than the entries of these sequences.
  func relay(_ outbox: OutboxOnly, to store: UserStoreActor, until left: [UInt64]) async throws {
    let relay = HistoryRelay(
      broker: outbox, store: store, logger: TestDatabase.quietLogger(), wait: .milliseconds(50),
      policy: Backoff(base: .milliseconds(5), limit: .milliseconds(20)))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await relay.run() }
      let deadline = ContinuousClock.now + .seconds(20)
      while outbox.left != left, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(outbox.left == left)
  }

  @Test func recordsAndAcknowledges() async throws {
    try await withStore { store, _ in
      let outbox = OutboxOnly((1...1200).map { Samples.entry(UInt64($0), Samples.service($0)) })
      try await relay(outbox, to: store, until: [])
      #expect(outbox.state.withLock { $0.acknowledged.count } == 1200)
      _ = try await store.historyEntry(Samples.id(1))
      _ = try await store.historyEntry(Samples.id(1200))
    }
  }

  @Test func survivesErrorsOfTheBroker() async throws {
    try await withStore { store, _ in
      let errors = [BrokerError.Code.unavailable, .outcomeUnknown, .overloaded].map { BrokerError($0, "try later") }
      let outbox = OutboxOnly((1...3).map { Samples.entry(UInt64($0), Samples.service($0)) }, failures: errors)
      try await relay(outbox, to: store, until: [])
    }
  }

  @Test func survivesErrorsOfPostgreSQL() async throws {
    try await withDatabase { database in
      let store = database.store()
      let outbox = OutboxOnly((1...3).map { Samples.entry(UInt64($0), Samples.service($0)) })
      // Without tables nothing can be recorded; then another node migrates.
      async let relaying: Void = relay(outbox, to: store, until: [])
      try await Task.sleep(for: .milliseconds(150))
      #expect(outbox.left == [1, 2, 3])
      let other = database.store()
      _ = try await other.migrate()
      try await relaying
      await other.shutdown()
      await store.shutdown()
    }
  }

  @Test func refusedEntriesStayAndDoNotBlock() async throws {
    try await withStore { store, _ in
      let outbox = OutboxOnly(
        (1...5).map { Samples.entry(UInt64($0), Samples.service($0), actor: $0 == 2 || $0 == 4 ? "nul\u{0}" : "amqp") })
      try await relay(outbox, to: store, until: [2, 4])
      // What comes later goes through as well.
      outbox.state.withLock { $0.entries.append(Samples.entry(6, Samples.service(6))) }
      try await relay(outbox, to: store, until: [2, 4])
      for number in [1, 3, 5, 6] { _ = try await store.historyEntry(Samples.id(number)) }
      for number in [2, 4] { await expectError(.notFound) { try await store.historyEntry(Samples.id(number)) } }
    }
  }
}
