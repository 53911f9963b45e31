/// The queues of one site as a value: what the Broker's functions in Redis do, written to be read. It is their specification that
/// can be run, and the tests hold the functions against it.
///
/// No I/O and no clock: each call is told the time by Redis' clock, in milliseconds, which must not go back. Each call is one
/// atomic step and answers with the types of `Broker`. What a call may hold at most (`BrokerLimits`) is left to the caller.
/// Everything is kept in memory, sorted lists as arrays: fit for tests with some thousand services, not for a site at work.
public struct SiteModel: Sendable {
  /// What the operator decides.
  public let policy: QueuePolicy

  var queues: [QueueName: QueueModel] = [:]
  /// The queue of each live service.
  var index: [ServiceID: QueueName] = [:]
  /// The services that ended within the last day, as they were then.
  var ended = DayMemory<ServiceID, Service>()
  /// What was answered under each idempotency key within the last day.
  var remembered = DayMemory<RememberedKey, Remembered>()
  /// How many services each employee has claimed or is serving, in all queues, by user id.
  var loads: [String: Int] = [:]
  /// What the history lacks.
  var outboxEntries: [OutboxEntry] = []
  /// Up to where the reader `events` has everything; nil while it is not enrolled.
  var eventsPosition: OutboxID?
  /// What the history has and the reader `events` lacks.
  var keptForEvents: [OutboxEntry] = []
  private let history: Int
  private(set) var lastOutboxID: (milliseconds: Int64, sequence: Int64) = (0, 0)

  /// A site without queues, which keeps at least the last `eventHistory` events of each.
  public init(policy: QueuePolicy, eventHistory: Int = 10_000) {
    self.policy = policy
    history = eventHistory
  }

  /// Makes the queue if there is none of that name; true when it was made.
  public mutating func createQueue(_ name: QueueName, epoch: Epoch) -> Bool {
    guard queues[name] == nil else { return false }
    queues[name] = QueueModel(name, epoch: epoch, history: history)
    return true
  }
}

// What every change is made of.
extension SiteModel {
  /// Puts `after` in the place of what it was: in its queue while it lives, among the ended ones when not. One queue version,
  /// one event.
  ///
  /// - Parameters:
  ///   - leaseUntil: The end of the lease, for a claimed or serving one.
  ///   - change: What the event tells of the service.
  mutating func record(
    _ after: Service, leaseUntil: Int64? = nil, by actor: String, at now: Int64,
    as change: (Service) -> QueueEvent.Change
  ) {
    count(queues[after.queue]?[after.id]?.service, by: -1)
    if after.state.isLive {
      count(after, by: 1)
      queues[after.queue]?.put(after, timer: Self.timer(of: after, leaseUntil: leaseUntil))
      index[after.id] = after.queue
      ended.drop(after.id)
    } else {
      queues[after.queue]?.remove(after.id)
      index[after.id] = nil
      ended.keep(after, for: after.id, at: now)
    }
    emit(change(after), in: after.queue, by: actor, at: now)
  }

  /// When something happens to it by itself.
  private static func timer(of service: Service, leaseUntil: Int64?) -> Int64? {
    switch service.state {
    case .scheduled: service.scheduledFor?.milliseconds
    case .claimed, .serving: leaseUntil
    case .onHold: service.holdUntil?.milliseconds
    case .waiting, .completed, .noShow, .cancelled, .dead: nil
    }
  }

  /// A service that an employee has counts for its capacity.
  mutating func count(_ service: Service?, by one: Int) {
    guard let service, service.state.isHandled, let employee = service.assignee?.id else { return }
    loads[employee, default: 0] += one
    if loads[employee] == 0 { loads[employee] = nil }
  }

  /// One queue version, one event; the history gets every one but renumberings.
  mutating func emit(_ change: QueueEvent.Change, in queue: QueueName, by actor: String, at now: Int64) {
    guard let event = queues[queue]?.emit(change, actor: actor, at: now) else { return }
    if case .renumbered = change { return }
    let isLater = now > lastOutboxID.milliseconds
    lastOutboxID = isLater ? (now, 0) : (lastOutboxID.milliseconds, lastOutboxID.sequence + 1)
    if let id = OutboxID("\(lastOutboxID.milliseconds)-\(lastOutboxID.sequence)") {
      outboxEntries.append(OutboxEntry(id: id, event: event))
    }
  }

  /// The queue; throws `unknownQueue`.
  func queue(_ name: QueueName) throws(BrokerError) -> QueueModel {
    guard let queue = queues[name] else { throw .refusal(.unknownQueue) }
    return queue
  }
}
