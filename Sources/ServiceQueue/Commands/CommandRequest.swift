/// A command with who asks for it and the id under which it happens at most once.
public struct CommandRequest: Hashable, Sendable {
  /// What is asked for.
  public let command: Command
  /// Who asks.
  public let actor: Principal
  /// The client's own id for this command; the same key by the same actor answers the same for a day. Nil when the
  /// client gave none: the Broker then makes one that lives as long as its own retries.
  public let idempotencyKey: IdempotencyKey?
  /// The trace that it belongs to, for logs; nil for none.
  public let trace: TraceContext?

  /// A request by `actor`, who has passed `AccessPolicy` for it.
  public init(
    _ command: Command, by actor: Principal, idempotencyKey: IdempotencyKey? = nil, trace: TraceContext? = nil
  ) {
    self.command = command
    self.actor = actor
    self.idempotencyKey = idempotencyKey
    self.trace = trace
  }

  /// What `Principal` says of the actor.
  public var mayActOnAnyClaim: Bool { actor.mayActOnAnyClaim }
  /// True when the actor may remove services that others submitted.
  public var mayRemoveAny: Bool { mayActOnAnyClaim }
}

/// A client's id for a command or submission: 1 to 128 printable ASCII characters.
public struct IdempotencyKey: Hashable, Sendable {
  /// As the client gave it.
  public let rawValue: String

  /// Nil when `rawValue` is empty, too long, or has other characters.
  public init?(_ rawValue: String) {
    guard (1...128).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.rawValue = rawValue
  }
}

/// What became of a command.
public struct CommandAnswer: Hashable, Sendable {
  /// The service after the change.
  public let service: Service
  /// The queue's version after the change.
  public let queueVersion: QueueVersion
  /// When the lease ends; nil unless the service is claimed or being served and the command began or renewed the lease.
  public let leaseUntil: Timestamp?
  /// True when the same idempotency key was answered before, and nothing was changed this time.
  public let isReplay: Bool

  /// An answer with all its fields.
  public init(service: Service, queueVersion: QueueVersion, leaseUntil: Timestamp?, isReplay: Bool) {
    self.service = service
    self.queueVersion = queueVersion
    self.leaseUntil = leaseUntil
    self.isReplay = isReplay
  }
}
