public import ServiceQueue

/// Somebody, or some system, that may log in.
public struct User: Hashable, Sendable {
  /// Queues that a user may be limited to, at most.
  public static let mostQueues = 1_000

  /// A UUID as text, lower case; never changes.
  public let id: String
  /// As it was written when the user was made; upper and lower case are the same.
  public let username: String
  /// What the user may do.
  public let level: AccessLevel
  /// The queues the user is limited to; nil for all.
  public let queues: Set<QueueName>?
  /// What the user can do: a service that requires more is not for it.
  public let skills: SkillSet
  /// How many services the user may have claimed or be serving at one time; nil for the site's own default.
  public let capacity: Int?
  /// True when the user may not log in.
  public let isDisabled: Bool
  /// How it stands with the user; disabled outweighs invited.
  public let state: UserState
  /// The address, opened; sealed in the database.
  public let email: String?
  /// The name for people, opened; sealed in the database.
  public let displayName: String?
  /// When the user was made, by PostgreSQL's clock.
  public let createdAt: Timestamp
  /// When the user was last changed.
  public let updatedAt: Timestamp
  /// Counts the changes from 1; the ETag in REST. A new password counts.
  public let version: Int64

  /// A user with all its fields, unchecked; one without a `state` is active or disabled.
  public init(
    id: String, username: String, level: AccessLevel, queues: Set<QueueName>?, skills: SkillSet, capacity: Int?,
    isDisabled: Bool, state: UserState? = nil, email: String?, displayName: String?, createdAt: Timestamp,
    updatedAt: Timestamp, version: Int64
  ) {
    self.id = id
    self.username = username
    self.level = level
    self.queues = queues
    self.skills = skills
    self.capacity = capacity
    self.isDisabled = isDisabled
    self.state = state ?? (isDisabled ? .disabled : .active)
    self.email = email
    self.displayName = displayName
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.version = version
  }

  /// The user as the one who acts.
  public var principal: Principal {
    Principal(id: id, name: username, level: level, queues: queues, skills: skills, capacity: capacity)
  }
}

/// A user to be made.
public struct NewUser: Sendable {
  var username: String
  var password: String?
  var level: AccessLevel
  var queues: Set<QueueName>?
  var skills: SkillSet
  var capacity: Int?
  var email: String?
  var displayName: String?

  /// A user with these properties; `createUser` checks them.
  ///
  /// - Parameters:
  ///   - username: 1 to 64 of letters, digits, `.`, `_`, `@`, `+`, `-`, beginning with a letter or digit; ASCII.
  ///   - password: as the site's `PasswordRules` want it; nil for a user who is invited.
  ///   - level: what the user may do.
  ///   - queues: at most 1,000 queues the user is limited to; nil for all.
  ///   - skills: at most `SkillSet.mostHeld` words.
  ///   - capacity: within `QueuePolicy.capacityRange`; nil for the site's own default.
  ///   - email: 1 to 256 characters, or nil.
  ///   - displayName: 1 to 256 characters, or nil.
  public init(
    username: String, password: String?, level: AccessLevel, queues: Set<QueueName>? = nil, skills: SkillSet = .none,
    capacity: Int? = nil, email: String? = nil, displayName: String? = nil
  ) {
    self.username = username
    self.password = password
    self.level = level
    self.queues = queues
    self.skills = skills
    self.capacity = capacity
    self.email = email
    self.displayName = displayName
  }
}

/// What is to become different about a user; what is not named stays.
public struct UserChanges: Sendable {
  /// A change of a property that may be absent.
  public enum Change<Value: Sendable>: Sendable {
    /// Leave it as it is.
    case keep
    /// Give it this value.
    case set(Value)
    /// Take it away.
    case clear
  }

  /// The new level; nil leaves it.
  public var level: AccessLevel?
  /// True to disable, which revokes all sessions; false to enable again; nil leaves it.
  public var isDisabled: Bool?
  /// The new password, as the site's `PasswordRules` want it, which revokes all sessions and invitations; nil leaves it.
  public var password: String?
  /// The queues the user is limited to; `.clear` lifts the limit.
  public var queues: Change<Set<QueueName>> = .keep
  /// All the skills that the user is to have; nil leaves them.
  public var skills: SkillSet?
  /// The capacity; `.clear` leaves it to the site's own default.
  public var capacity: Change<Int> = .keep
  /// The address.
  public var email: Change<String> = .keep
  /// The name for people.
  public var displayName: Change<String> = .keep

  /// No change yet.
  public init() {}
}

/// A page of users in the order of their names.
public struct UserPage: Sendable {
  /// The users.
  public let users: [User]
  /// What to give as `after` for the next page; nil when this was the last.
  public let next: String?
}
