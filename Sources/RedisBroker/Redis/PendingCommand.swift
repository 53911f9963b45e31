/// A command on its way: waiting for a connection, sent, or answered. Stays on the reactor's thread.
final class PendingCommand {
  /// What sending it a second time would mean.
  enum Effect {
    /// It changes nothing: sent again when a connection breaks.
    case question
    /// It waits for news: not sent again, the caller asks anew.
    case wait
    /// It changes something, at most once however often it is sent: sent again when a connection breaks.
    case change
  }

  let command: RedisCommand
  let effect: Effect
  /// The caller is answered by then, whatever happens.
  let deadline: ContinuousClock.Instant
  /// A connection that owes the answer for longer counts as dead.
  let patience: Duration
  /// When it was sent on the present connection; nil while it waits for one.
  var sentAt: ContinuousClock.Instant?
  /// Whether any connection ever took it.
  var wasSent = false
  /// Whether an earlier connection broke after it took it: what the present one says tells nothing of that attempt.
  var mayHaveHappened = false
  /// Whether the function library was loaded again for its sake.
  var hasReloaded = false
  private var completion: ((Result<RedisValue, RedisFailure>) -> Void)?

  init(
    _ command: consuming RedisCommand, effect: Effect, deadline: ContinuousClock.Instant, patience: Duration,
    completion: @escaping (Result<RedisValue, RedisFailure>) -> Void
  ) {
    command.seal()
    self.command = command
    self.effect = effect
    self.deadline = deadline
    self.patience = patience
    self.completion = completion
  }

  /// Whether the caller has been answered.
  var isDone: Bool { completion == nil }

  /// Answers the caller; only the first answer counts.
  func complete(_ result: Result<RedisValue, RedisFailure>) {
    completion.take()?(result)
  }

  /// Answers the caller that Redis refused it, before it looked at what it is.
  func refuse(_ text: String) {
    complete(
      .failure(
        mayHaveHappened
          ? .outcomeUnknown("the second attempt was refused: \(text.prefix { $0 != " " })") : .refused(text)))
  }

  /// Answers the caller that there will be no answer.
  func giveUp(_ reason: String) {
    complete(.failure(wasSent && effect == .change ? .outcomeUnknown(reason) : .unavailable(reason)))
  }
}
