import ServiceQueue

/// The Broker's protocol in memory: real in what it answers, without Redis' durability.
actor MemoryBroker: Broker {
  private struct Queue {
    var epoch: Epoch
    var version: QueueVersion = 0
    var tickets: UInt64 = 0
    var digest = QueueDigest()
    var services: [ServiceID: Service] = [:]
    var events: [QueueEvent] = []
    var lastOrder: Int64 = 0

    var ordered: [Service] { services.values.sorted { Service.stands($0, before: $1) } }
  }

  private var queues: [QueueName: Queue] = [:]
  private var ended: [ServiceID: Service] = [:]
  private var submitted: [String: (ServiceID, String)] = [:]
  private var performed: [String: (Command, CommandAnswer)] = [:]
  private var subscribers: [AsyncStream<EventBatch>.Continuation] = []
  private var epochs = 0
  private(set) var snapshotsTaken = 0
  /// Runs inside a snapshot, after it was taken and before it is answered.
  private var duringSnapshot: (@Sendable (MemoryBroker) async -> Void)?
  private var failure: BrokerError?
  private var clock: Int64 = 1_790_000_000_000

  init(queues names: [String]) {
    var queues = [QueueName: Queue]()
    for name in names { queues[QueueName(name)!] = Queue(epoch: Epoch("e\(name.utf8.count)")!) }
    self.queues = queues
  }

  func fail(with error: BrokerError?) { failure = error }
  func duringSnapshot(_ body: (@Sendable (MemoryBroker) async -> Void)?) { duringSnapshot = body }

  /// The queue's stream is lost and begins anew, as when Redis loses data.
  func restart(_ name: QueueName) {
    epochs += 1
    queues[name]?.epoch = Epoch("again\(epochs)")!
    queues[name]?.events = []
    for subscriber in subscribers { subscriber.yield(.reset(name)) }
  }

  /// A batch with a hole, as a broken Broker would send it.
  func emit(_ batch: EventBatch) {
    for subscriber in subscribers { subscriber.yield(batch) }
  }

  func digest(of name: QueueName) -> QueueDigest { queues[name]!.digest }

  // MARK: Broker

  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    if let failure { throw failure }
    var outcomes = [SubmitOutcome]()
    var events = [QueueEvent]()
    for submission in submissions {
      let key = "\(submission.submitter)|\(submission.idempotencyKey)"
      if let (id, fingerprint) = submitted[key] {
        outcomes.append(
          fingerprint == submission.fingerprint
            ? .duplicate(id) : .refused(BrokerError(.idempotencyKeyReused, "the key was used for something else")))
        continue
      }
      guard var queue = queues[submission.queue] else {
        outcomes.append(.refused(BrokerError(.unknownQueue, "there is no queue \(submission.queue)")))
        continue
      }
      clock += 10
      queue.tickets += 1
      let order = max(clock * OrderKey.ticksPerMillisecond, queue.lastOrder + OrderKey.arrivalGap)
      queue.lastOrder = order
      let service = Service(
        id: submission.id, queue: submission.queue, ticket: queue.tickets, kind: submission.kind,
        priority: submission.priority,
        order: OrderKey(order - submission.priority.boost * OrderKey.ticksPerMillisecond)!, state: .waiting, version: 1,
        attempts: 0, submitter: submission.submitter, submittedAt: Timestamp(milliseconds: clock),
        personal: submission.personal)
      queue.services[service.id] = service
      queue.digest.insert(service)
      queues[submission.queue] = queue
      submitted[key] = (service.id, submission.fingerprint)
      let event = append(.added(service), to: submission.queue, by: submission.submitterName)
      events.append(event)
      outcomes.append(.stored(service, queueVersion: event.version))
    }
    if !events.isEmpty { emit(.events(events)) }
    return outcomes
  }

  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    if let failure { throw failure }
    let key = request.idempotencyKey.map { "\(request.actor.id)|\($0.rawValue)" }
    if let key, let (command, answer) = performed[key] {
      guard command == request.command else { throw BrokerError(.idempotencyKeyReused, "used for something else") }
      return CommandAnswer(
        service: answer.service, queueVersion: answer.queueVersion, leaseUntil: answer.leaseUntil, isReplay: true)
    }
    let answer = try carryOut(request)
    if let key { performed[key] = (request.command, answer) }
    return answer
  }

  private func carryOut(_ request: CommandRequest) throws(BrokerError) -> CommandAnswer {
    let found: Service
    if case .claimNext(let name, _) = request.command {
      guard let queue = queues[name] else { throw BrokerError(.unknownQueue, "there is no queue \(name)") }
      guard let first = queue.ordered.first(where: { $0.state == .waiting }) else {
        throw BrokerError(.queueEmpty, "nothing waits in \(name)")
      }
      found = first
    } else {
      found = try live(request.command.service!)
    }
    var service = found
    let before = found
    var leaseUntil: Timestamp?
    var change: QueueEvent.Change?
    func requireState(_ states: ServiceState...) throws(BrokerError) {
      guard states.contains(service.state) else {
        throw BrokerError(.illegalTransition, "the service is \(service.state.rawValue)", state: service.state)
      }
    }
    func requireClaim(_ fence: QueueVersion?) throws(BrokerError) {
      guard !request.mayActOnAnyClaim else { return }
      guard service.assignee?.id == request.actor.id else { throw BrokerError(.notOwner, "another's claim") }
      guard fence == service.fence else { throw BrokerError(.staleFence, "show the fence of your claim") }
    }
    clock += 10
    let now = Timestamp(milliseconds: clock)
    switch request.command {
    case .claim, .claimNext:
      try requireState(.waiting)
      service.state = .claimed
      service.assignee = Assignee(id: request.actor.id, name: request.actor.name)
      service.fence = queues[service.queue]!.version + 1
      service.claimedAt = now
      leaseUntil = Timestamp(milliseconds: clock + 60_000)
    case .start(_, let fence, _):
      try requireState(.claimed)
      try requireClaim(fence)
      service.state = .serving
      service.startedAt = now
      leaseUntil = Timestamp(milliseconds: clock + 60_000)
    case .renew(_, let fence, _):
      try requireState(.claimed, .serving)
      try requireClaim(fence)
      return CommandAnswer(
        service: service, queueVersion: queues[service.queue]!.version,
        leaseUntil: Timestamp(milliseconds: clock + 60_000), isReplay: false)
    case .release(_, let fence):
      try requireState(.claimed, .serving)
      try requireClaim(fence)
      service.state = .waiting
      service.assignee = nil
      service.fence = nil
      service.attempts += 1
    case .complete(_, let fence):
      try requireState(.serving)
      try requireClaim(fence)
      service.state = .completed
      service.endedAt = now
    case .noShow(_, let fence):
      try requireState(.claimed, .serving)
      try requireClaim(fence)
      service.state = .noShow
      service.endedAt = now
    case .move(_, let target):
      try requireState(.waiting)
      let others = queues[service.queue]!.ordered.filter { $0.id != service.id }
      switch target {
      case .first: service.order = OrderKey((others.first?.order.ticks ?? 100) - 8)!
      case .last: service.order = OrderKey((others.last?.order.ticks ?? 100) + 8)!
      case .before(let id), .after(let id):
        guard let other = others.first(where: { $0.id == id }) else { throw BrokerError(.badTarget, "not there") }
        if case .before = target {
          service.order = OrderKey(other.order.ticks - 1)!
        } else {
          service.order = OrderKey(other.order.ticks + 1)!
        }
      }
    case .remove:
      guard request.mayRemoveAny || service.submitter == request.actor.id else {
        throw BrokerError(.notOwner, "another's service")
      }
      service.state = .cancelled
      service.endedAt = now
    }
    service.version += 1
    change =
      switch request.command {
      case .claim, .claimNext: .claimed(service)
      case .start: .started(service)
      case .release: .returned(service, leaseExpired: false)
      case .complete: .completed(service)
      case .noShow: .noShow(service)
      case .move: .moved(service)
      case .remove: .removed(service)
      case .renew: nil
      }
    queues[service.queue]!.digest.remove(before)
    if service.state.isLive {
      queues[service.queue]!.services[service.id] = service
      queues[service.queue]!.digest.insert(service)
    } else {
      queues[service.queue]!.services[service.id] = nil
      ended[service.id] = service
    }
    let event = append(change!, to: service.queue, by: request.actor.name)
    emit(.events([event]))
    return CommandAnswer(service: service, queueVersion: event.version, leaseUntil: leaseUntil, isReplay: false)
  }

  private func live(_ ref: ServiceRef) throws(BrokerError) -> Service {
    guard let service = find(ref.id), ref.queue == nil || ref.queue == service.queue else {
      throw BrokerError(.notFound, "there is no such service")
    }
    if let wanted = ref.ifVersion, wanted != service.version {
      throw BrokerError(.versionMismatch, "the service is at version \(service.version)")
    }
    guard service.state.isLive else {
      throw BrokerError(.illegalTransition, "the service is \(service.state.rawValue)", state: service.state)
    }
    return service
  }

  private func find(_ id: ServiceID) -> Service? {
    queues.values.lazy.compactMap { $0.services[id] }.first ?? ended[id]
  }

  private func append(_ change: QueueEvent.Change, to name: QueueName, by actor: String) -> QueueEvent {
    var queue = queues[name]!
    queue.version += 1
    let event = QueueEvent(
      queue: name, epoch: queue.epoch, version: queue.version, digest: queue.digest,
      at: Timestamp(milliseconds: clock), actor: actor, change: change)
    queue.events.append(event)
    queues[name] = queue
    return event
  }

  func service(_ id: ServiceID) async throws(BrokerError) -> Service {
    if let failure { throw failure }
    guard let service = find(id) else { throw BrokerError(.notFound, "there is no such service") }
    return service
  }

  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage {
    guard let queue = queues[query.queue] else { throw BrokerError(.unknownQueue, "there is no such queue") }
    var matching = queue.ordered.filter { query.states.isEmpty || query.states.contains($0.state) }
    if let after = query.after {
      matching = matching.filter { ($0.order.ticks, $0.id.rawValue) > (after.order.ticks, after.id.rawValue) }
    }
    let page = Array(matching.prefix(query.limit))
    let next = matching.count > page.count ? page.last.map { ListCursor(order: $0.order, id: $0.id) } : nil
    return ServicePage(
      services: page, next: next, version: queue.version, epoch: queue.epoch, digest: queue.digest,
      total: queue.services.count)
  }

  func snapshot(of name: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    if let failure { throw failure }
    guard let queue = queues[name] else { throw BrokerError(.unknownQueue, "there is no such queue") }
    snapshotsTaken += 1
    let snapshot = QueueSnapshot(summary: try await self.queue(name), services: Array(queue.ordered.prefix(limit)))
    await duringSnapshot?(self)
    return snapshot
  }

  func events(
    of name: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    guard let queue = queues[name] else { throw BrokerError(.unknownQueue, "there is no such queue") }
    let first = queue.events.first?.version ?? queue.version + 1
    guard epoch == nil || epoch == queue.epoch, version <= queue.version, version + 1 >= first else {
      return .gone(epoch: queue.epoch, current: queue.version)
    }
    let events = queue.events.filter { $0.version > version }.prefix(limit)
    return .events(Array(events), epoch: queue.epoch, current: queue.version)
  }

  func subscribe() async -> EventSubscription {
    let (stream, continuation) = AsyncStream<EventBatch>.makeStream(bufferingPolicy: .bufferingOldest(10_000))
    subscribers.append(continuation)
    return EventSubscription(batches: stream)
  }

  func queues() async throws(BrokerError) -> [QueueSummary] {
    var all = [QueueSummary]()
    for name in queues.keys.sorted() { all.append(try await queue(name)) }
    return all
  }

  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary {
    guard let queue = queues[name] else { throw BrokerError(.unknownQueue, "there is no such queue") }
    return QueueSummary(
      queue: name, version: queue.version, epoch: queue.epoch, digest: queue.digest, isPaused: false,
      total: queue.services.count, waiting: queue.services.values.count { $0.state == .waiting })
  }

  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool {
    guard queues[name] == nil else { return false }
    epochs += 1
    queues[name] = Queue(epoch: Epoch("new\(epochs)")!)
    return true
  }

  func outbox(after last: OutboxID?, limit: Int, wait: Duration) async throws(BrokerError) -> [OutboxEntry] { [] }

  func acknowledgeOutbox(_ ids: [OutboxID]) async throws(BrokerError) {}
}
