/// A change of a service that a user asks for. Submitting is a `Submission`.
public enum Command: Hashable, Sendable {
  /// waiting -> claimed, for this employee, under a lease.
  case claim(ServiceRef, lease: LeaseDuration?)
  /// Claims the first waiting service of a queue.
  case claimNext(QueueName, lease: LeaseDuration?)
  /// claimed -> serving. Renews the lease.
  case start(ServiceRef, fence: QueueVersion?, lease: LeaseDuration?)
  /// Begins the lease anew. No event: the queue is as before.
  case renew(ServiceRef, fence: QueueVersion?, lease: LeaseDuration?)
  /// claimed or serving -> waiting, at its old place, attempts + 1.
  case release(ServiceRef, fence: QueueVersion?)
  /// serving -> completed.
  case complete(ServiceRef, fence: QueueVersion?)
  /// claimed or serving -> no_show.
  case noShow(ServiceRef, fence: QueueVersion?)
  /// Gives a waiting service another place.
  case move(ServiceRef, to: MoveTarget)
  /// Any live state -> cancelled.
  case remove(ServiceRef)

  /// The command's name on the wire, such as `claim_next`.
  public var name: String {
    switch self {
    case .claim: "claim"
    case .claimNext: "claim_next"
    case .start: "start"
    case .renew: "renew"
    case .release: "release"
    case .complete: "complete"
    case .noShow: "no_show"
    case .move: "move"
    case .remove: "remove"
    }
  }

  /// The service it is about; nil for `claimNext`.
  public var service: ServiceRef? {
    switch self {
    case .claimNext: nil
    case .claim(let ref, _), .start(let ref, _, _), .renew(let ref, _, _), .release(let ref, _),
      .complete(let ref, _), .noShow(let ref, _), .move(let ref, _), .remove(let ref):
      ref
    }
  }
}

/// The service a command is about, and how the caller believes it to be.
public struct ServiceRef: Hashable, Sendable {
  /// The service.
  public let id: ServiceID
  /// The queue it is in, if the caller knows: saves the Broker a look-up. A wrong one answers `notFound`.
  public let queue: QueueName?
  /// The service version the caller has seen (If-Match); another one answers `versionMismatch`.
  public let ifVersion: UInt64?

  /// A reference to the service `id`.
  public init(id: ServiceID, queue: QueueName? = nil, ifVersion: UInt64? = nil) {
    self.id = id
    self.queue = queue
    self.ifVersion = ifVersion
  }
}

/// Where `move` puts a service.
public enum MoveTarget: Hashable, Sendable {
  /// Directly before another live service of the queue.
  case before(ServiceID)
  /// Directly after another live service of the queue.
  case after(ServiceID)
  /// Before every live service of the queue.
  case first
  /// After every live service of the queue.
  case last
}

/// How long a claim holds without renewal: 5 seconds to 1 hour.
public struct LeaseDuration: Hashable, Sendable {
  /// Milliseconds.
  public let milliseconds: Int64

  /// Nil outside 5,000 to 3,600,000.
  public init?(milliseconds: Int64) {
    guard (5_000...3_600_000).contains(milliseconds) else { return nil }
    self.milliseconds = milliseconds
  }
}
