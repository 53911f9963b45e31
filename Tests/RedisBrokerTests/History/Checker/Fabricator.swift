import ServiceQueue
import Testing

/// Makes small histories by hand. What it tells is consistent: each event has the next version and the right digest, and is in
/// the streams of two observers, in Redis' and in the outbox. A test then takes one thing away, or adds one that must not be.
struct Fabricator {
  static let queues = [QueueName("a")!, QueueName("b")!]
  static let anna = Principal(id: "u1", name: "anna", level: .agent)
  static let ben = Principal(id: "u2", name: "ben", level: .agent)
  static let epoch = Epoch("e1")!

  var history = History()
  private(set) var replicas: [QueueName: Replica] = [:]
  private var ended: [ServiceID: Service] = [:]
  private var number: UInt64 = 0
  private let terms = DigestTerms()

  init() {
    history.observers = ["one", "two"].map { Observer(name: $0, items: []) }
    for queue in Self.queues {
      replicas[queue] = Replica(epoch: Self.epoch, terms)
      for index in history.observers.indices {
        history.observers[index].items.append(.snapshot(QueueSnapshot(summary: summary(of: queue), services: [])))
      }
    }
  }

  private func summary(of queue: QueueName) -> QueueSummary {
    let replica = replicas[queue] ?? Replica(epoch: Self.epoch, terms)
    var counts = StateCounts()
    for service in replica.services.values { counts[service.state] += 1 }
    return QueueSummary(
      queue: queue, version: replica.version, epoch: replica.epoch, digest: replica.digest, mode: replica.mode,
      counts: counts)
  }

  /// A change happens; its event comes everywhere. Answers its version.
  @discardableResult
  mutating func emit(_ change: QueueEvent.Change, by actor: String, in queue: QueueName = queues[0]) -> QueueVersion {
    guard var replica = replicas[queue] else { return 0 }
    number += 1
    let version = replica.version + 1
    func event(_ digest: QueueDigest) -> QueueEvent {
      QueueEvent(
        queue: queue, epoch: Self.epoch, version: version, digest: digest,
        at: Timestamp(milliseconds: Int64(number) * 1000), actor: actor, change: change)
    }
    replica.apply(event(QueueDigest()))
    replicas[queue] = replica
    if let service = change.service {
      if service.state.isLive { ended[service.id] = nil } else { ended[service.id] = service }
    }
    let whole = event(replica.digest)
    for index in history.observers.indices { history.observers[index].items.append(.event(whole)) }
    history.final.streams[queue, default: []].append(whole)
    if let id = OutboxID("\(number)-0") { history.final.outbox.append(OutboxEntry(id: id, event: whole)) }
    return version
  }

  mutating func note(_ action: Operation.Action, _ outcome: Operation.Outcome) {
    history.operations.append(Operation(action, outcome))
  }

  /// The history with what is in Redis now.
  func finished() -> History {
    var history = history
    history.final.queues = Self.queues.map {
      QueueSnapshot(summary: summary(of: $0), services: replicas[$0]?.sorted ?? [])
    }
    history.final.ended = ended.values.sorted { $0.id < $1.id }
    return history
  }
}

// Changes with their answers.
extension Fabricator {
  static func submission(_ number: Int, key: String? = nil, requires: SkillSet = .none) -> Submission {
    let id = ServiceID("01890a5d-ac96-774b-bcce-b3020000000\(number)")!
    return Submission(
      id: id, queue: queues[0], kind: "x", priority: .normal, requires: requires, personal: nil, submitter: "p",
      submitterName: "portal", idempotencyKey: key ?? "key-\(number)", fingerprint: "f")
  }

  /// The service as it is when it is stored.
  static func service(_ item: Submission, _ number: Int) -> Service {
    Service(
      id: item.id, queue: item.queue, ticket: UInt64(number), kind: item.kind, priority: item.priority,
      order: OrderKey(Int64(number) * 1000)!, state: .waiting, version: 1, attempts: 0, requires: item.requires,
      submitter: item.submitter, submittedAt: Timestamp(milliseconds: 0))
  }

  /// Stores a service and tells it.
  mutating func store(_ number: Int, requires: SkillSet = .none) -> Service {
    let item = Self.submission(number, requires: requires)
    let service = Self.service(item, number)
    let version = emit(.added(service, from: nil), by: "portal")
    note(.submit(item), .stored(service, queueVersion: version))
    return service
  }

  /// The service as `actor` has it after a claim that is the queue's next change.
  func claimed(_ service: Service, by actor: Principal) -> Service {
    var after = service
    after.state = .claimed
    after.version += 1
    after.fence = (replicas[service.queue]?.version ?? 0) + 1
    after.assignee = Assignee(id: actor.id, name: actor.name)
    after.claimedAt = Timestamp(milliseconds: Int64(number) * 1000)
    return after
  }

  func changed(_ service: Service, to state: ServiceState) -> Service {
    var after = service
    after.state = state
    after.version += 1
    return after
  }

  mutating func perform(
    _ command: Command, _ change: QueueEvent.Change, by actor: Principal, leaseUntil: Int64? = nil, key: String? = nil
  ) {
    guard let service = change.service else { return }
    let version = emit(change, by: actor.name, in: service.queue)
    let answer = CommandAnswer(
      service: service, queueVersion: version, leaseUntil: leaseUntil.map(Timestamp.init(milliseconds:)),
      isReplay: false)
    note(.perform(request(command, actor, key)), .done(answer))
  }

  func request(_ command: Command, _ actor: Principal, _ key: String? = nil) -> CommandRequest {
    CommandRequest(command, by: actor, idempotencyKey: key.flatMap(IdempotencyKey.init))
  }

  /// Claims it and tells it.
  mutating func claim(_ service: Service, by actor: Principal, leaseUntil: Int64 = 1_000_000) -> Service {
    let after = claimed(service, by: actor)
    perform(.claim(service.ref, lease: nil), .claimed(after), by: actor, leaseUntil: leaseUntil)
    return after
  }
}
