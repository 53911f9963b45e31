import ServiceQueue

/// What is known of one run: what its clients did and were told, what its observers saw, and what is in Redis afterwards.
struct History {
  var operations: [Operation] = []
  var observers: [Observer] = []
  var final = FinalState()
  /// Of the site, for those without a capacity of their own; nil for any number.
  var capacity: Int?
}

/// One call by one client. A client has one call under way at a time, and a user name that no other client has.
struct Operation: Sendable {
  enum Action: Sendable {
    case submit(Submission)
    case perform(CommandRequest)
    case changeMode(QueueModeRequest)
  }

  enum Outcome: Sendable {
    case stored(Service, queueVersion: QueueVersion)
    case duplicate(ServiceID)
    case done(CommandAnswer)
    case changed(QueueModeAnswer)
    /// An error that says that nothing was changed.
    case refused(BrokerError)
    /// An error that leaves open whether it happened.
    case unknown(BrokerError)
  }

  let action: Action
  let outcome: Outcome
  /// By the clock of the clients, in milliseconds of any beginning.
  let invoked: Int64
  let answered: Int64

  init(_ action: Action, _ outcome: Outcome, invoked: Int64 = 0, answered: Int64 = 0) {
    self.action = action
    self.outcome = outcome
    self.invoked = invoked
    self.answered = answered
  }
}

/// What came to one subscriber, in order.
struct Observer: Sendable {
  enum Item: Sendable {
    /// It took a snapshot of a whole queue.
    case snapshot(QueueSnapshot)
    case event(QueueEvent)
    case reset(QueueName?)
  }

  let name: String
  var items: [Item]
}

/// What Redis holds when all is quiet.
struct FinalState: Sendable {
  /// Each queue whole.
  var queues: [QueueSnapshot] = []
  var ended: [Service] = []
  /// Everything since the beginning: nothing was acknowledged.
  var outbox: [OutboxEntry] = []
  /// The events that each queue's stream still has, oldest first.
  var streams: [QueueName: [QueueEvent]] = [:]
}

extension Operation {
  /// The queue that it names.
  var queue: QueueName? {
    switch action {
    case .submit(let submission): submission.queue
    case .perform(let request):
      if case .claimNext(let queue, _) = request.command { queue } else { request.command.service?.queue }
    case .changeMode(let request): request.queue
    }
  }

  /// The user name that its events carry.
  var actorName: String {
    switch action {
    case .submit(let submission): submission.submitterName
    case .perform(let request): request.actor.name
    case .changeMode(let request): request.actor.name
    }
  }

  /// The command; nil for what is none.
  var request: CommandRequest? {
    if case .perform(let request) = action { request } else { nil }
  }

  /// `claim_next`, `submit`, ...
  var name: String {
    switch action {
    case .submit: "submit"
    case .perform(let request): request.command.name
    case .changeMode(let request): "mode \(request.mode)"
    }
  }

  /// Under which key Redis knows it; nil when it has none, and each attempt is one of its own.
  var key: String? {
    switch action {
    case .submit(let item): "submit \(item.submitter) \(item.idempotencyKey)"
    case .perform(let request): request.idempotencyKey.map { "command \(request.actor.id) \($0.rawValue)" }
    case .changeMode(let request): request.idempotencyKey.map { "command \(request.actor.id) \($0.rawValue)" }
    }
  }
}
