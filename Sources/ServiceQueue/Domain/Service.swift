/// One request for service, as the Broker keeps it. A value: a copy never changes under its holder.
public struct Service: Hashable, Sendable {
  /// Names the service for ever, whatever queue it is in.
  public var id: ServiceID
  /// The queue it is in, or was in when it ended.
  public var queue: QueueName
  /// The number called out: counts the services of its queue from 1.
  public var ticket: UInt64
  /// What is asked for, such as `passport` or `towing`; 1 to 64 of `a-z0-9._-`.
  public var kind: String
  /// How urgent it is.
  public var priority: Priority
  /// Its place: services sort by (`order`, `id`).
  public var order: OrderKey
  /// Where it stands in its life.
  public var state: ServiceState
  /// Counts the changes of this service from 1; the ETag in REST. A renumbering alone does not count.
  public var version: UInt64
  /// How often it came back to waiting from a claim: by hand, or because a lease or a hold ended.
  public var attempts: Int
  /// The skills that whoever claims it must have.
  public var requires: SkillSet
  /// Who submitted it: a user's id, or `amqp` for RabbitMQ.
  public var submitter: String
  /// When Redis took it in.
  public var submittedAt: Timestamp
  /// When it is, or was, to be in line; nil for one that was in line at once.
  public var scheduledFor: Timestamp?
  /// Who claimed it; nil while it waits.
  public var assignee: Assignee?
  /// The queue version at which it was claimed; whoever acts on the claim shows it. Nil while it waits.
  public var fence: QueueVersion?
  /// When it was claimed; nil while it waits.
  public var claimedAt: Timestamp?
  /// When handling began; nil before.
  public var startedAt: Timestamp?
  /// When it was last put on hold in this claim; nil when it was not.
  public var heldAt: Timestamp?
  /// When the hold ends by itself; nil unless it is on hold.
  public var holdUntil: Timestamp?
  /// When it ended; nil while it lives.
  public var endedAt: Timestamp?
  /// The customer and the details, encrypted; nil when the producer gave none.
  public var personal: SealedPersonalData?

  /// A service with all its fields.
  public init(
    id: ServiceID, queue: QueueName, ticket: UInt64, kind: String, priority: Priority, order: OrderKey,
    state: ServiceState, version: UInt64, attempts: Int, requires: SkillSet = .none, submitter: String,
    submittedAt: Timestamp, scheduledFor: Timestamp? = nil, assignee: Assignee? = nil, fence: QueueVersion? = nil,
    claimedAt: Timestamp? = nil, startedAt: Timestamp? = nil, heldAt: Timestamp? = nil, holdUntil: Timestamp? = nil,
    endedAt: Timestamp? = nil, personal: SealedPersonalData? = nil
  ) {
    self.id = id
    self.queue = queue
    self.ticket = ticket
    self.kind = kind
    self.priority = priority
    self.order = order
    self.state = state
    self.version = version
    self.attempts = attempts
    self.requires = requires
    self.submitter = submitter
    self.submittedAt = submittedAt
    self.scheduledFor = scheduledFor
    self.assignee = assignee
    self.fence = fence
    self.claimedAt = claimedAt
    self.startedAt = startedAt
    self.heldAt = heldAt
    self.holdUntil = holdUntil
    self.endedAt = endedAt
    self.personal = personal
  }

  /// True for a word that may be a `kind`.
  public static func isKind(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...64).contains(bytes.count)
      && bytes.allSatisfy {
        $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
      }
  }
}

/// The employee who holds a claim.
public struct Assignee: Hashable, Sendable {
  /// The user's id.
  public let id: String
  /// The user name, for screens.
  public let name: String

  /// The employee with this user id and name.
  public init(id: String, name: String) {
    self.id = id
    self.name = name
  }
}
