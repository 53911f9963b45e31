import RedisBroker
import ServiceQueue

/// A Broker whose commands get no answer; everything else is that of a real one.
struct SilentBroker: Broker {
  let broker: BrokerActor

  init(_ broker: BrokerActor) { self.broker = broker }

  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    try? await Task.sleep(for: .seconds(3))
    return requests.map { _ in .failure(.refusal(.internal)) }
  }

  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    try await performAll([request])[0].get()
  }

  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    try await broker.submit(submissions)
  }
  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer {
    try await broker.changeMode(request)
  }
  func service(_ id: ServiceID) async throws(BrokerError) -> Service { try await broker.service(id) }
  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage { try await broker.list(query) }
  func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    try await broker.snapshot(of: queue, limit: limit)
  }
  func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    try await broker.events(of: queue, epoch: epoch, after: version, limit: limit)
  }
  func subscribe() async -> EventSubscription { await broker.subscribe() }
  func queues() async throws(BrokerError) -> [QueueSummary] { try await broker.queues() }
  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary { try await broker.queue(name) }
  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool { try await broker.createQueue(name) }
  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition { try await broker.position(of: id) }
  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics {
    try await broker.statistics(of: queue)
  }
  func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome] {
    try await broker.restore(services)
  }
  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    try await broker.erase(ids, seenIn: queues)
  }
  func rewriteLog() async throws(BrokerError) -> LogRewrite { try await broker.rewriteLog() }
  func assure(
    _ queue: QueueName, seen version: QueueVersion, in epoch: Epoch
  ) async throws(BrokerError) -> Bool { try await broker.assure(queue, seen: version, in: epoch) }
  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool {
    try await broker.announce(announcement)
  }
  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence {
    try await broker.presence(in: queue)
  }
  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    try await broker.outbox(for: reader, after: last, limit: limit, wait: wait)
  }
  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    try await broker.acknowledgeOutbox(ids, for: reader)
  }
}
