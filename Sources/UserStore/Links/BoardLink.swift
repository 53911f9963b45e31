public import ServiceQueue

/// A link by which a display shows one queue, until it is revoked.
public struct BoardLink: Hashable, Sendable {
  /// The most live links of one queue.
  public static let most = 50
  /// Characters of a label (Unicode scalars, as JSON Schema counts them).
  public static let labelLength = 1...80

  /// Who made it.
  public struct Creator: Hashable, Sendable {
    /// The user's id.
    public let id: String
    /// The user's name as it is now.
    public let name: String

    /// A user by id and name.
    public init(id: String, name: String) {
      self.id = id
      self.name = name
    }
  }

  /// A UUID, no secret: also the session of the access tokens that it gives.
  public let id: String
  /// The queue that it shows.
  public let queue: QueueName
  /// Where it hangs, in the words of whoever made it.
  public let label: String?
  /// Who made it.
  public let creator: Creator
  /// When, by PostgreSQL's clock.
  public let createdAt: Timestamp
  /// When it last gave an access token, to about a minute; nil when it never did.
  public let lastUsedAt: Timestamp?

  /// A link with all its fields.
  public init(
    id: String, queue: QueueName, label: String?, creator: Creator, createdAt: Timestamp, lastUsedAt: Timestamp?
  ) {
    self.id = id
    self.queue = queue
    self.label = label
    self.creator = creator
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
  }

  /// True for a label that a link may have: within `labelLength`, without control characters.
  public static func isLabel(_ text: String) -> Bool {
    labelLength.contains(text.unicodeScalars.count)
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  }
}

/// A link that is to be made.
public struct NewBoardLink: Hashable, Sendable {
  /// A UUID that nothing has yet.
  public let id: String
  /// The queue that it is to show.
  public let queue: QueueName
  /// See `BoardLink.label`.
  public let label: String?
  /// The id of the user who makes it.
  public let creatorID: String

  /// A link with all its fields.
  public init(id: String, queue: QueueName, label: String?, creatorID: String) {
    self.id = id
    self.queue = queue
    self.label = label
    self.creatorID = creatorID
  }
}

extension BoardLink {
  /// From the columns `id, queue, label, created_by, username, created_at, last_used_at`.
  init(_ row: SQLRow) throws(SQLFailure) {
    guard let queue = QueueName(try row.text(1)) else { throw .unreadable(column: 1) }
    self.init(
      id: try row.text(0), queue: queue, label: try row.optionalText(2),
      creator: Creator(id: try row.text(3), name: try row.text(4)), createdAt: try row.timestamp(5),
      lastUsedAt: try row.optionalTimestamp(6))
  }
}
