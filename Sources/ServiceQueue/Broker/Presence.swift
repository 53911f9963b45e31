/// One connection that watches a queue.
public struct PresenceEntry: Hashable, Sendable {
  /// The connection's name, unique in the site.
  public let connection: String
  /// The user's id.
  public let user: String
  /// The user's name.
  public let name: String
  /// What the user may do.
  public let level: AccessLevel

  /// An entry with all its fields.
  public init(connection: String, user: String, name: String, level: AccessLevel) {
    self.connection = connection
    self.user = user
    self.name = name
    self.level = level
  }
}

/// A connection came to watch a queue, or no longer does.
public struct PresenceChange: Hashable, Sendable {
  /// What happened.
  public enum Kind: String, Hashable, Sendable {
    /// It watches from now on.
    case joined
    /// It does no longer.
    case left
  }

  /// The queue.
  public let queue: QueueName
  /// Which way.
  public let kind: Kind
  /// Who.
  public let entry: PresenceEntry

  /// A change with all its fields.
  public init(queue: QueueName, kind: Kind, entry: PresenceEntry) {
    self.queue = queue
    self.kind = kind
    self.entry = entry
  }
}

/// What an api process, a node, tells of its connections.
public struct PresenceAnnouncement: Hashable, Sendable {
  /// The node's name, which nobody else ever has: 1 to 64 of `a-z`, `0-9`, `-` and `_`.
  public let node: String
  /// 1 for the first that the node of this name tells, then each one more; the same when it is repeated.
  public let number: UInt64
  /// Who came and went, in order; at most `BrokerLimits.presenceBatch`.
  public let changes: [PresenceChange]

  /// An announcement with all its fields.
  public init(node: String, number: UInt64, changes: [PresenceChange]) {
    self.node = node
    self.number = number
    self.changes = changes
  }
}

/// Who watches a queue, over all nodes that live.
public struct QueuePresence: Hashable, Sendable {
  /// The connections, by name; at most `BrokerLimits.presence`.
  public let entries: [PresenceEntry]
  /// How many connections there are.
  public let connections: Int
  /// How many different users they are of.
  public let users: Int

  /// A presence with all its fields.
  public init(entries: [PresenceEntry], connections: Int, users: Int) {
    self.entries = entries
    self.connections = connections
    self.users = users
  }
}
