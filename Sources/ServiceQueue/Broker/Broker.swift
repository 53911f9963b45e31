/// The owner of the queues, as every role sees it: the actor over Redis in this process, or one behind gRPC.
///
/// Safe to call from any task. Every answer means that Redis has the change durably as its fsync policy says.
/// No call waits for ever: each ends with an answer or a `BrokerError` within the Broker's command timeout.
public protocol Broker: Sendable {
  /// Stores a batch, at most `BrokerLimits.submitBatch`; the outcomes are in the order of the submissions. Throws only when nothing
  /// is known of the whole batch: sending it again under the same idempotency keys is then safe.
  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome]

  /// Carries out a command in one atomic step.
  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer

  /// Carries out several commands, at most `BrokerLimits.commandBatch`, one after another, each in one atomic step of its own: one
  /// that is refused does not stop the others. The results are in the order of the requests.
  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>]

  /// Gives a queue another mode.
  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer

  /// The service, live or ended within the last day; throws `notFound` otherwise.
  func service(_ id: ServiceID) async throws(BrokerError) -> Service

  /// A page of the live services in order. `limit` is 1 to `BrokerLimits.page`. A page may be shorter, by
  /// `BrokerLimits.pageBytes`, and yet have a next one.
  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage

  /// The first `limit` live services with the version, epoch and digest of exactly that moment. `limit` is 0 to
  /// `BrokerLimits.snapshot`; there are fewer when they are longer than `BrokerLimits.pageBytes`.
  func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot

  /// The events after `version`, oldest first, at most `limit` (1 to `BrokerLimits.events`) and
  /// `BrokerLimits.pageBytes`; `.gone` when the epoch is another one or the stream no longer reaches back that far.
  func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage

  /// All events of all queues from now on, in batches. Within one subscription every queue's events come in order and
  /// without a gap; where that cannot be kept (the subscriber was slower than the buffer, Redis lost data) a
  /// `.reset` says so and the subscriber starts those queues from a snapshot again.
  func subscribe() async -> EventSubscription

  /// Every queue, by name.
  func queues() async throws(BrokerError) -> [QueueSummary]

  /// One queue; throws `unknownQueue`.
  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary

  /// Makes the queue if there is none of that name; true when it was made.
  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool

  /// Where a service stands in its queue; throws `notFound` as `service` does.
  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition

  /// A queue's recent work; throws `unknownQueue`.
  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics

  /// Holds what the history knows against Redis, at most `BrokerLimits.restoreBatch` services, and brings Redis up to it: an open
  /// service that Redis has lost is put back (waiting or scheduled, at its order), one whose end Redis has lost is ended. Each is
  /// one atomic step, and doing it again changes nothing.
  func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome]

  /// Erases the personal data of services, at most `BrokerLimits.eraseBatch`, wherever they are: from the service, which if it is live
  /// tells so by an event, and from the events of its queue and of `queues`, which forget all up to the last that holds any.
  /// Answers those of which there was something to erase besides events. Doing it again changes nothing; what the outbox holds for
  /// the history stays there until the history has it.
  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID>

  /// Has the log of changes written anew, and the outbox, so that they hold only what is there now: not what was erased or
  /// acknowledged before.
  func rewriteLog() async throws(BrokerError) -> LogRewrite

  /// Tells that `queue` has been seen at this version of this epoch. When Redis is behind it, its data is older than what was
  /// seen: the queue then gets a new epoch, so that every client starts again from a snapshot. True when it got one.
  func assure(_ queue: QueueName, seen version: QueueVersion, in epoch: Epoch) async throws(BrokerError) -> Bool

  /// Tells which connections of the node came and went, at most `BrokerLimits.presenceBatch`; every subscriber gets what is
  /// new of it as a `.presence` batch. Also keeps the node alive for `BrokerLimits.presenceLife`; without changes it does that
  /// alone. When a node is silent for longer all its connections have left.
  ///
  /// False when the Broker does not know all that the node told before (the data were lost, or the node counted as dead): nothing
  /// was changed, and the node tells everything again, under another name. One that failed is repeated as it was.
  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool

  /// Who watches a queue now; throws `unknownQueue`.
  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence

  /// The oldest changes that `reader` has not acknowledged, at most `limit` (1 to `BrokerLimits.outbox`), perhaps fewer than there
  /// are; waits up to `wait` for the first. Reading enrols the reader `events`: from then on every change is kept for it.
  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry]

  /// Tells that `reader` has these entries, at most `BrokerLimits.outbox`. The history acknowledges each by itself; `events` reads
  /// in order, and acknowledges all up to the newest of them. What no enrolled reader lacks is forgotten.
  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError)
}

/// The written bounds of a Broker's calls.
public enum BrokerLimits {
  /// Submissions in one batch.
  public static let submitBatch = 500
  /// Commands in one batch.
  public static let commandBatch = 500
  /// Services in one call of `restore`.
  public static let restoreBatch = 50
  /// Services in one call of `erase`.
  public static let eraseBatch = 64
  /// Services on one page of a list.
  public static let page = 500
  /// Services in one snapshot.
  public static let snapshot = 5_000
  /// Events on one page.
  public static let events = 1_000
  /// Bytes of what one page, snapshot or page of events holds, as it is stored: it ends before the service or event that
  /// would exceed them. The first is there however long it is.
  public static let pageBytes = 2_097_152
  /// Changes of presence in one call.
  public static let presenceBatch = 500
  /// Entries of one answer about presence.
  public static let presence = 10_000
  /// How long a node that says nothing counts as alive.
  public static let presenceLife = Duration.seconds(15)
  /// Outbox entries in one read or acknowledgement.
  public static let outbox = 500
}
