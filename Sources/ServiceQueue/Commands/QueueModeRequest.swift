/// A change of a queue's mode that a user asks for: pause, resume, drain. A queue that is in that mode already stays as it is,
/// without an event.
public struct QueueModeRequest: Hashable, Sendable {
  /// The queue.
  public let queue: QueueName
  /// The mode it is to have.
  public let mode: QueueMode
  /// Who asks.
  public let actor: Principal
  /// As for a command; see `CommandRequest.idempotencyKey`.
  public let idempotencyKey: IdempotencyKey?

  /// A request by `actor`, who has passed `AccessPolicy` for it.
  public init(_ queue: QueueName, _ mode: QueueMode, by actor: Principal, idempotencyKey: IdempotencyKey? = nil) {
    self.queue = queue
    self.mode = mode
    self.actor = actor
    self.idempotencyKey = idempotencyKey
  }
}

/// What became of it.
public struct QueueModeAnswer: Hashable, Sendable {
  /// The queue.
  public let queue: QueueName
  /// Its mode after the request.
  public let mode: QueueMode
  /// Its version then.
  public let queueVersion: QueueVersion
  /// True when the same idempotency key was answered before, and nothing was changed this time.
  public let isReplay: Bool

  /// An answer with all its fields.
  public init(queue: QueueName, mode: QueueMode, queueVersion: QueueVersion, isReplay: Bool) {
    self.queue = queue
    self.mode = mode
    self.queueVersion = queueVersion
    self.isReplay = isReplay
  }
}
