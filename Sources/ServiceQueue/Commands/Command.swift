/// A change of a service that a user asks for. Submitting is a `Submission`; a queue's mode is a `QueueModeRequest`.
public enum Command: Hashable, Sendable {
  /// waiting -> claimed, for this employee, under a lease. Refused while the queue is paused, when the employee lacks a
  /// skill, or has as many as its capacity.
  case claim(ServiceRef, lease: LeaseDuration?)
  /// Claims the first waiting service of a queue that the employee has the skills for.
  case claimNext(QueueName, lease: LeaseDuration?)
  /// waiting, claimed, serving or on_hold -> claimed, for the employee that it names, under a new lease and a new fence. Only by one who
  /// may act on any claim. Refused as a claim by that employee would be, but only a waiting service while the queue is paused; and
  /// with `badTarget` when the employee has it already.
  case assign(ServiceRef, to: Principal, fence: QueueVersion?, lease: LeaseDuration?)
  /// claimed -> serving. Renews the lease.
  case start(ServiceRef, fence: QueueVersion?, lease: LeaseDuration?)
  /// Begins the lease anew. No event: the queue is as before.
  case renew(ServiceRef, fence: QueueVersion?, lease: LeaseDuration?)
  /// claimed or serving -> on_hold: keeps employee and fence, needs no renewal, and does not count for the capacity.
  case hold(ServiceRef, fence: QueueVersion?, hold: HoldDuration?)
  /// on_hold -> claimed or serving, as it was before, under a new lease.
  case resume(ServiceRef, fence: QueueVersion?, lease: LeaseDuration?)
  /// claimed, serving or on_hold -> waiting, at its old place, attempts + 1; dead when that is too often.
  case release(ServiceRef, fence: QueueVersion?)
  /// serving -> completed.
  case complete(ServiceRef, fence: QueueVersion?)
  /// claimed, serving or on_hold -> no_show.
  case noShow(ServiceRef, fence: QueueVersion?)
  /// no_show -> waiting, at its old place, for as long as the Broker is told to allow it.
  case reinstate(ServiceRef)
  /// Gives a waiting service another place.
  case move(ServiceRef, to: MoveTarget)
  /// Gives a waiting or scheduled service another priority, which shifts it by the difference of the head starts.
  case reprioritise(ServiceRef, Priority)
  /// Any live state -> waiting in another queue, or scheduled there, at the same order, under the same id.
  case transfer(ServiceRef, to: QueueName, fence: QueueVersion?)
  /// Any live state -> cancelled.
  case remove(ServiceRef)

  /// The command's name on the wire, such as `claim_next`.
  public var name: String {
    switch self {
    case .claim: "claim"
    case .claimNext: "claim_next"
    case .assign: "assign"
    case .start: "start"
    case .renew: "renew"
    case .hold: "hold"
    case .resume: "resume"
    case .release: "release"
    case .complete: "complete"
    case .noShow: "no_show"
    case .reinstate: "reinstate"
    case .move: "move"
    case .reprioritise: "reprioritise"
    case .transfer: "transfer"
    case .remove: "remove"
    }
  }

  /// The service it is about; nil for `claimNext`.
  public var service: ServiceRef? {
    switch self {
    case .claimNext: nil
    case .claim(let ref, _), .assign(let ref, _, _, _), .start(let ref, _, _), .renew(let ref, _, _),
      .hold(let ref, _, _),
      .resume(let ref, _, _), .release(let ref, _), .complete(let ref, _), .noShow(let ref, _), .reinstate(let ref),
      .move(let ref, _), .reprioritise(let ref, _), .transfer(let ref, _, _), .remove(let ref):
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

/// Where `move` puts a service. The other service must be of the same queue, live, and not scheduled.
public enum MoveTarget: Hashable, Sendable {
  /// Directly before another service.
  case before(ServiceID)
  /// Directly after another service.
  case after(ServiceID)
  /// Before every live service of the queue.
  case first
  /// After every waiting service of the queue.
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

/// How long a service may be on hold before it goes back to waiting: 5 seconds to 24 hours.
public struct HoldDuration: Hashable, Sendable {
  /// Milliseconds.
  public let milliseconds: Int64

  /// Nil outside 5,000 to 86,400,000.
  public init?(milliseconds: Int64) {
    guard (5_000...86_400_000).contains(milliseconds) else { return nil }
    self.milliseconds = milliseconds
  }
}
