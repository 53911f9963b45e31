import Reactor
import ServiceQueue

/// One life of a connection to RabbitMQ, with all that is under way on it. Lives within the `ConsumerActor`, on its reactor.
/// Everything in it is bounded by the prefetch: each entry stands for an open delivery.
final class Session {
  /// A request that waits for the Broker.
  struct Prepared: Sendable {
    let delivery: Delivery
    let submission: Submission
  }

  /// A message on its way to the dead letters.
  struct DeadLetter: Sendable {
    let delivery: Delivery
    let rejection: Rejection
  }

  enum Phase {
    case consuming
    /// About to cancel the consumer; nothing is acknowledged meanwhile.
    case settlingDown
    /// The consumer is cancelled and everything that came is taken; the session ends when it is settled.
    case finishing
  }

  let connection: AMQPConnection
  var window: AckWindow
  var deadLetters = ConfirmWindow<DeadLetter>()
  var prepared: [Prepared] = []
  var watch: Watch?
  var heartbeatTimer: ReactorTimer?
  var graceTimer: ReactorTimer?
  var quietTimer: ReactorTimer?
  /// True while a drain is posted for what the library holds.
  var drainPosted = false
  /// What the last drain said of the library.
  var hasMore = false
  var phase = Phase.consuming
  var hasEnded = false
  var failure: (any Error)?
  /// The forwarder, waiting for something to forward.
  var waitingForBatch: CheckedContinuation<[Prepared]?, Never>?
  /// The run loop, waiting for the end.
  var waitingForEnd: CheckedContinuation<Void, Never>?

  init(connection: AMQPConnection, prefetch: Int) {
    self.connection = connection
    window = AckWindow(holdLimit: prefetch / 4)
  }

  /// Gives the forwarder what is prepared, if it waits and there is something or the session has ended.
  func feedForwarder() {
    guard let waiting = waitingForBatch, hasEnded || !prepared.isEmpty else { return }
    waitingForBatch = nil
    waiting.resume(returning: takeBatch())
  }

  /// The oldest prepared requests, at most a batch; nil when the session has ended.
  func takeBatch() -> [Prepared]? {
    guard !hasEnded else { return nil }
    let batch = Array(prepared.prefix(BrokerLimits.submitBatch))
    prepared.removeFirst(batch.count)
    return batch
  }
}
