import ServiceQueue

/// The Broker's protocol over a `SiteModel`: its rules and answers, without Redis' durability. The tests turn its clock.
actor MemoryBroker: Broker {
  private var model: SiteModel
  private var subscribers: [AsyncStream<EventBatch>.Continuation] = []
  /// The version of each queue whose events the subscribers have.
  private var told: [QueueName: QueueVersion] = [:]
  private var epochs = 0
  private(set) var snapshotsTaken = 0
  private(set) var lookUps = 0
  /// Runs inside a snapshot, after it was taken and before it is answered.
  private var duringSnapshot: (@Sendable (MemoryBroker) async -> Void)?
  private var failure: BrokerError?
  private var clock = MemoryBroker.start

  /// When its clock starts, in milliseconds.
  static let start: Int64 = 1_790_000_000_000

  init(queues names: [String], policy: QueuePolicy = .standard, eventHistory: Int = 10_000) {
    var model = SiteModel(policy: policy, eventHistory: eventHistory)
    for name in names { _ = model.createQueue(QueueName(name)!, epoch: Epoch("e\(name.utf8.count)")!) }
    self.model = model
  }

  func fail(with error: BrokerError?) { failure = error }
  func duringSnapshot(_ body: (@Sendable (MemoryBroker) async -> Void)?) { duringSnapshot = body }

  /// The queue's stream is lost and begins anew, as when Redis loses data.
  func restart(_ name: QueueName) throws {
    epochs += 1
    let summary = try model.summary(of: name)
    _ = try model.assure(
      name, seen: summary.version + 1, in: summary.epoch, newEpoch: Epoch("again\(epochs)")!)
    emit(.reset(name))
  }

  /// A batch with a hole, as a broken Broker would send it.
  func emit(_ batch: EventBatch) {
    for subscriber in subscribers { subscriber.yield(batch) }
  }

  func digest(of name: QueueName) throws -> QueueDigest { try model.summary(of: name).digest }

  /// Time goes by, and what is due by itself happens.
  func pass(milliseconds: Int64) throws {
    clock += milliseconds
    for summary in model.summaries { _ = try model.sweep(summary.queue, most: 100, at: clock) }
    tell()
  }

  private func tick() throws(BrokerError) -> Int64 {
    if let failure { throw failure }
    clock += 10
    return clock
  }

  /// Sends what is new to the subscribers.
  private func tell() {
    for summary in model.summaries where summary.version > told[summary.queue] ?? 0 {
      let page = try? model.events(
        of: summary.queue, epoch: nil, after: told[summary.queue] ?? 0, limit: BrokerLimits.events)
      if case .events(let events, _, _) = page { emit(.events(events)) }
      told[summary.queue] = summary.version
    }
  }

  // MARK: Broker

  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    let outcomes = model.submit(submissions, at: try tick())
    tell()
    return outcomes
  }

  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    defer { tell() }
    return try model.perform(request, at: try tick())
  }

  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    defer { tell() }
    return requests.map { request in
      Result { () throws(BrokerError) in try model.perform(request, at: try tick()) }
    }
  }

  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer {
    defer { tell() }
    return try model.changeMode(request, at: try tick())
  }

  func service(_ id: ServiceID) async throws(BrokerError) -> Service {
    lookUps += 1
    return try model.service(id, at: try tick())
  }

  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage { try model.list(query) }

  func snapshot(of name: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    _ = try tick()
    let snapshot = try model.snapshot(of: name, limit: limit)
    snapshotsTaken += 1
    await duringSnapshot?(self)
    return snapshot
  }

  func events(
    of name: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    try model.events(of: name, epoch: epoch, after: version, limit: limit)
  }

  func subscribe() async -> EventSubscription {
    let (stream, continuation) = AsyncStream<EventBatch>.makeStream(bufferingPolicy: .bufferingOldest(10_000))
    subscribers.append(continuation)
    return EventSubscription(batches: stream)
  }

  func queues() async throws(BrokerError) -> [QueueSummary] { model.summaries }

  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary { try model.summary(of: name) }

  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool {
    epochs += 1
    return model.createQueue(name, epoch: Epoch("new\(epochs)")!)
  }

  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition {
    try model.position(of: id, at: try tick())
  }

  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics {
    try model.statistics(of: queue, at: try tick())
  }

  func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome] {
    defer { tell() }
    return model.restore(services, at: try tick())
  }

  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    defer { tell() }
    return model.erase(ids, seenIn: queues, at: try tick())
  }

  func rewriteLog() async throws(BrokerError) -> LogRewrite { .hasNone }

  func assure(_ queue: QueueName, seen version: QueueVersion, in epoch: Epoch) async throws(BrokerError) -> Bool {
    epochs += 1
    return try model.assure(queue, seen: version, in: epoch, newEpoch: Epoch("again\(epochs)")!)
  }

  private var watching: [QueueName: [String: (node: String, entry: PresenceEntry)]] = [:]
  private var announced: [String: UInt64] = [:]
  /// The announcements so far.
  private(set) var announcements: [PresenceAnnouncement] = []

  /// All nodes and their connections are lost, as when Redis is emptied.
  func forgetNodes() {
    watching = [:]
    announced = [:]
  }

  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool {
    if let failure { throw failure }
    announcements.append(announcement)
    let last = announced[announcement.node] ?? 0
    guard announcement.number == last || announcement.number == last + 1 else { return false }
    guard announcement.number != last else { return true }
    announced[announcement.node] = announcement.number
    let news = announcement.changes.filter { change in
      let present = watching[change.queue]?[change.entry.connection]
      watching[change.queue, default: [:]][change.entry.connection] =
        change.kind == .joined ? (announcement.node, change.entry) : nil
      return (change.kind == .joined) == (present == nil)
    }
    if !news.isEmpty { emit(.presence(news)) }
    return true
  }

  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence {
    if let failure { throw failure }
    _ = try model.summary(of: queue)
    let entries = (watching[queue] ?? [:]).values.map(\.entry).sorted { $0.connection < $1.connection }
    return QueuePresence(entries: entries, connections: entries.count, users: Set(entries.map(\.user)).count)
  }

  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    model.outbox(for: reader, after: last, limit: limit)
  }

  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    model.acknowledgeOutbox(ids, for: reader)
  }
}
