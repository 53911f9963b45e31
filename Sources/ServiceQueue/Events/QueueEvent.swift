/// One change of a queue, as every screen gets it.
public struct QueueEvent: Hashable, Sendable {
  /// The queue that changed.
  public let queue: QueueName
  /// The queue's lifetime in which it changed.
  public let epoch: Epoch
  /// The queue's version after the change: the offset in its stream, one more than the event before.
  public let version: QueueVersion
  /// The digest after the change.
  public let digest: QueueDigest
  /// When, by Redis' clock.
  public let at: Timestamp
  /// The user name of who changed it, `amqp` for the intake, or `system` for the Broker itself.
  public let actor: String
  /// What changed.
  public let change: Change

  /// What an event tells. Each that concerns a service carries it as it is after the change.
  public enum Change: Hashable, Sendable {
    /// A service is new in this queue: submitted, or transferred from the queue `from`.
    case added(Service, from: QueueName?)
    /// Something about it changed that has no type of its own.
    case updated(Service, UpdateReason)
    /// It has another place.
    case moved(Service)
    /// An employee has it.
    case claimed(Service)
    /// Handling has begun.
    case started(Service)
    /// It was put on hold.
    case held(Service)
    /// It is handled on.
    case resumed(Service)
    /// It waits again, at its old place.
    case returned(Service, ReturnReason)
    /// It left this queue for the one that it names, where it has another ticket.
    case transferred(Service)
    /// It ended as done.
    case completed(Service)
    /// It ended because nobody came.
    case noShow(Service)
    /// It ended by removal.
    case removed(Service)
    /// It ended because it came back too often.
    case dead(Service, ReturnReason)
    /// The queue has this mode now.
    case mode(QueueMode)
    /// These services have new order keys and stand as before; no service version changed.
    case renumbered([Renumbering])

    /// The `type` on the wire, such as `service.added`.
    public var type: String {
      switch self {
      case .added: "service.added"
      case .updated: "service.updated"
      case .moved: "service.moved"
      case .claimed: "service.claimed"
      case .started: "service.started"
      case .held: "service.held"
      case .resumed: "service.resumed"
      case .returned: "service.returned"
      case .transferred: "service.transferred"
      case .completed: "service.completed"
      case .noShow: "service.no_show"
      case .removed: "service.removed"
      case .dead: "service.dead"
      case .mode(.paused): "queue.paused"
      case .mode(.open): "queue.resumed"
      case .mode(.draining): "queue.draining"
      case .renumbered: "queue.renumbered"
      }
    }

    /// The service it concerns; nil for `mode` and `renumbered`.
    public var service: Service? {
      switch self {
      case .added(let service, _), .updated(let service, _), .moved(let service), .claimed(let service),
        .started(let service), .held(let service), .resumed(let service), .returned(let service, _),
        .transferred(let service), .completed(let service), .noShow(let service), .removed(let service),
        .dead(let service, _):
        service
      case .mode, .renumbered: nil
      }
    }
  }

  /// Why a service is another than before. The raw value is the event's `reason`.
  public enum UpdateReason: String, Sendable, CaseIterable {
    /// Its time has come: scheduled -> waiting.
    case due
    /// It has another priority, and its place by that.
    case reprioritised
    /// The history knew it and Redis had lost it, or had it as it was before.
    case repaired
    /// Its personal data were erased.
    case erased
  }

  /// Why a service came back. The raw value is the event's `reason`.
  public enum ReturnReason: String, Sendable, CaseIterable {
    /// By hand.
    case released
    /// Nobody renewed the lease.
    case leaseExpired = "lease_expired"
    /// It was on hold for too long.
    case holdExpired = "hold_expired"
    /// It was a no-show and came after all.
    case reinstated
  }

  /// A new order key for a service.
  public struct Renumbering: Hashable, Sendable {
    /// The service.
    public let id: ServiceID
    /// Its new order key.
    public let order: OrderKey

    /// The service `id` now stands at `order`.
    public init(id: ServiceID, order: OrderKey) {
      self.id = id
      self.order = order
    }
  }

  /// An event with all its fields.
  public init(
    queue: QueueName, epoch: Epoch, version: QueueVersion, digest: QueueDigest, at: Timestamp, actor: String,
    change: Change
  ) {
    self.queue = queue
    self.epoch = epoch
    self.version = version
    self.digest = digest
    self.at = at
    self.actor = actor
    self.change = change
  }
}

/// The name of one lifetime of a queue's version counter: up to 32 of `a-z0-9`.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
  /// As in Redis and on the wire.
  public let rawValue: String

  /// Nil when empty, too long, or with other characters.
  public init?(_ rawValue: String) {
    guard (1...32).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(\.isLowerAlphanumeric) else { return nil }
    self.rawValue = rawValue
  }

  /// The raw value.
  public var description: String { rawValue }
}
