/// What a user may do. The raw value is the word in tokens, SQL and JSON.
public enum AccessLevel: String, Sendable, CaseIterable {
  /// A display board: ticket numbers and order, nothing personal.
  case viewer
  /// Claims, and acts on own claims.
  case agent
  /// Reorders, removes, acts on any claim.
  case supervisor
  /// Users, queues, keys, audit, and all that a supervisor may.
  case admin
  /// Submits, and cancels its own; sees nothing else.
  case producer
}

/// Who acts: the user behind an access token.
public struct Principal: Hashable, Sendable {
  /// The user's id.
  public let id: String
  /// The user name.
  public let name: String
  /// What the user may do.
  public let level: AccessLevel
  /// The queues the user is limited to; nil for all.
  public let queues: Set<QueueName>?
  /// What the user can do; a service that requires more is not for it.
  public let skills: SkillSet
  /// How many services the user may have claimed or be serving at one time, in all queues of the site; nil for the site's
  /// own default.
  public let capacity: Int?

  /// True when it may act on claims of others, without showing the fence, and claim what it lacks the skills for.
  public var mayActOnAnyClaim: Bool { level == .supervisor || level == .admin }

  /// A principal with this identity and these rights.
  public init(
    id: String, name: String, level: AccessLevel, queues: Set<QueueName>? = nil, skills: SkillSet = .none,
    capacity: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.level = level
    self.queues = queues
    self.skills = skills
    self.capacity = capacity
  }
}
