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
  /// Whether there is an outcome.
  private(set) var isDone = false
  private var callback: ((Outcome) -> Void)?
  private var continuation: UnsafeContinuation<Outcome, Never>?
  /// The outcome, if nobody has asked for it yet.
  private var outcome: Outcome?

  typealias Outcome = Result<RedisReply, RedisFailure>

  /// A command whose outcome is asked for by `resume`, or told to `callback`.
  init(
    _ command: RedisCommand, effect: Effect, began: ContinuousClock.Instant, patience: Duration,
    callback: ((Outcome) -> Void)? = nil
  ) {
    self.command = command
    self.effect = effect
    self.deadline = began + patience
    self.patience = patience
    self.callback = callback
  }

  deinit {
    // Whoever waits must not wait for ever.
    if !isDone { continuation?.resume(returning: .failure(.unavailable("the command was given up"))) }
  }

  /// Has the caller resumed with the outcome, which is asked for once. The continuation need not be a checked one: it is
  /// resumed exactly once, here, by the first `complete`, or when the command is given up without.
  func resume(_ continuation: UnsafeContinuation<Outcome, Never>) {
    if let outcome {
      continuation.resume(returning: outcome)
    } else {
      self.continuation = continuation
    }
  }

  /// Tells the outcome; only the first counts.
  func complete(_ outcome: Outcome) {
    guard !isDone else { return }
    isDone = true
    if let continuation {
      continuation.resume(returning: outcome)
    } else if let callback = callback.take() {
      callback(outcome)
    } else {
      self.outcome = outcome
    }
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
