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
  /// The user name of who changed it, `amqp` for the intake, or `system` for the sweeper.
  public let actor: String
  /// What changed.
  public let change: Change

  /// What an event tells. Each that concerns a service carries it as it is after the change.
  public enum Change: Hashable, Sendable {
    /// A new service waits.
    case added(Service)
    /// It has another place.
    case moved(Service)
    /// An employee has it.
    case claimed(Service)
    /// Handling has begun.
    case started(Service)
    /// It waits again, at its old place; `leaseExpired` tells whether by hand or because the lease ended.
    case returned(Service, leaseExpired: Bool)
    /// It ended as done.
    case completed(Service)
    /// It ended because nobody came.
    case noShow(Service)
    /// It ended by removal.
    case removed(Service)
    /// These services have new order keys and stand as before; no service version changed.
    case renumbered([Renumbering])

    /// The `type` on the wire, such as `service.added`.
    public var type: String {
      switch self {
      case .added: "service.added"
      case .moved: "service.moved"
      case .claimed: "service.claimed"
      case .started: "service.started"
      case .returned: "service.returned"
      case .completed: "service.completed"
      case .noShow: "service.no_show"
      case .removed: "service.removed"
      case .renumbered: "queue.renumbered"
      }
    }

    /// The service it concerns; nil for `renumbered`.
    public var service: Service? {
      switch self {
      case .added(let service), .moved(let service), .claimed(let service), .started(let service),
        .returned(let service, _), .completed(let service), .noShow(let service), .removed(let service):
        service
      case .renumbered: nil
      }
    }
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
