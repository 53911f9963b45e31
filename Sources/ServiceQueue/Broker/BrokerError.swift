/// Why the Broker did not do as asked. Each door turns it into its own form at one place.
public struct BrokerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// No queue of that name.
    case unknownQueue = "unknown_queue"
    /// No service of that id, or none that the caller may see.
    case notFound = "not_found"
    /// The queue has nothing to claim.
    case queueEmpty = "queue_empty"
    /// The service is in a state that does not allow it; `state` tells which.
    case illegalTransition = "illegal_transition"
    /// The fence is not the one of the present claim, was not shown, or the claim's lease has ended.
    case staleFence = "stale_fence"
    /// The claim, or the service, is another user's.
    case notOwner = "not_owner"
    /// The service version is not the one the caller has seen.
    case versionMismatch = "version_mismatch"
    /// The place to move to is not there: not a live service of that queue, or the service itself.
    case badTarget = "bad_target"
    /// The idempotency key was used for something else.
    case idempotencyKeyReused = "idempotency_key_reused"
    /// An argument is out of its bounds.
    case invalidArgument = "invalid_argument"
    /// The queue is paused: nothing may be claimed from it.
    case queuePaused = "queue_paused"
    /// The queue is draining: it takes no new services.
    case queueDraining = "queue_draining"
    /// The employee has as many services as it may have.
    case atCapacity = "at_capacity"
    /// The employee lacks a skill that the service requires.
    case missingSkill = "missing_skill"
    /// The service is a no-show for too long to be reinstated.
    case reinstateExpired = "reinstate_expired"
    /// Too many commands under way, or too many services moved to one place; nothing was changed. The message says which.
    case overloaded
    /// Redis cannot be reached or refuses; nothing was changed.
    case unavailable
    /// The connection broke after the command was sent: it may or may not have happened. Repeat it under the same
    /// idempotency key.
    case outcomeUnknown = "outcome_unknown"
    /// Redis answered what Usher does not understand; a bug.
    case `internal`
  }

  /// What went wrong.
  public let code: Code
  /// What went wrong and what to do, for people; never personal data.
  public let message: String
  /// The state the service was found in, where that is the reason.
  public let state: ServiceState?

  /// An error with its code, a message that says what to do, and the state found.
  public init(_ code: Code, _ message: String, state: ServiceState? = nil) {
    self.code = code
    self.message = message
    self.state = state
  }

  /// True when the command certainly changed nothing.
  public var changedNothing: Bool { code != .outcomeUnknown && code != .internal }

  /// Code and message.
  public var description: String { "\(code.rawValue): \(message)" }
}
