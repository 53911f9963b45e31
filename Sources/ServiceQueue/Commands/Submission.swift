/// A service that is to be put in a queue: validated, its personal data sealed.
public struct Submission: Hashable, Sendable {
  /// The id it gets if it is new.
  public let id: ServiceID
  /// The queue it goes to.
  public let queue: QueueName
  /// What is asked for; see `Service.kind`.
  public let kind: String
  /// How urgent it is.
  public let priority: Priority
  /// The skills that whoever claims it must have.
  public let requires: SkillSet
  /// When it is to be in line; nil, or a moment that has passed by Redis' clock, for at once. At most `mostAhead` ahead.
  public let scheduledFor: Timestamp?
  /// Customer and details, sealed for `id`.
  public let personal: SealedPersonalData?
  /// Who submits: a user's id, or `amqp`.
  public let submitter: String
  /// Who submits, for the event's `actor`: a user name, or `amqp`.
  public let submitterName: String
  /// The same key by the same submitter is one service, for at least a day.
  public let idempotencyKey: String
  /// A keyed hash of what was submitted, so that one key for two different things is told apart; see
  /// `PersonalDataVault.fingerprint`.
  public let fingerprint: String
  /// The trace that it belongs to, for logs; nil for none.
  public let trace: TraceContext?

  /// How far ahead a service may be scheduled, in milliseconds: 366 days.
  public static let mostAhead: Int64 = 366 * 86_400_000

  /// A submission with all its fields. `idempotencyKey` may be any text of up to 1,024 bytes; the Broker hashes it.
  public init(
    id: ServiceID, queue: QueueName, kind: String, priority: Priority, requires: SkillSet = .none,
    scheduledFor: Timestamp? = nil, personal: SealedPersonalData?, submitter: String, submitterName: String,
    idempotencyKey: String, fingerprint: String, trace: TraceContext? = nil
  ) {
    self.id = id
    self.queue = queue
    self.kind = kind
    self.priority = priority
    self.requires = requires
    self.scheduledFor = scheduledFor
    self.personal = personal
    self.submitter = submitter
    self.submitterName = submitterName
    self.idempotencyKey = idempotencyKey
    self.fingerprint = fingerprint
    self.trace = trace
  }
}

/// What became of one submission of a batch.
public enum SubmitOutcome: Hashable, Sendable {
  /// It is in its queue, durably as Redis' fsync policy says.
  case stored(Service, queueVersion: QueueVersion)
  /// The key was submitted before; this is the id it got then.
  case duplicate(ServiceID)
  /// It was not stored, and never will be as it is: unknown or draining queue, out of bounds, or the key was
  /// used for something else.
  case refused(BrokerError)
}
