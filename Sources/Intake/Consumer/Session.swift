import Reactor
import ServiceQueue

/// One life of the connections to RabbitMQ, with all that is under way on them. Lives within the `ConsumerActor`, on its reactor.
/// Everything in it is bounded by the prefetch, each entry stands for an open delivery, and by `IntakeConfiguration.heldBytes`.
///
/// There are two connections: RabbitMQ does not read from one that publishes while it is short of memory or disk, and
/// acknowledgements must not be held up by that, nor confirms by reading that pauses.
final class Session {
  /// A request that waits for the Broker.
  struct Prepared: Sendable {
    let delivery: Delivery
    let submission: Submission
    var trace: MessageTrace?
  }

  /// A message on its way to the dead letters.
  struct DeadLetter: Sendable {
    let delivery: Delivery
    let rejection: Rejection
    var trace: MessageTrace?
  }

  enum Phase {
    case consuming
    /// About to cancel the consumer; nothing is acknowledged meanwhile.
    case settlingDown
    /// The consumer is cancelled and everything that came is taken; the session ends when it is settled.
    case finishing
  }

  /// Consumes.
  let connection: AMQPConnection
  /// Publishes dead letters.
  let publisher: AMQPConnection
  private let batch: Int
  private(set) var window: AckWindow
  var deadLetters = ConfirmWindow<DeadLetter>()
  /// Their bytes.
  var letterBytes = 0
  /// Dead letters that are not published yet.
  var waitingLetters: [DeadLetter] = []
  /// Why RabbitMQ takes nothing in that is published; nil when it does.
  var blocked: String?
  /// Bytes of the open deliveries.
  private(set) var heldBytes = 0
  /// True while nothing is read from the consumer's socket, since too many bytes are held.
  var isPaused = false
  var prepared: [Prepared] = []
  var watch: Watch?
  var publisherWatch: Watch?
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

  init(connection: AMQPConnection, publisher: AMQPConnection, prefetch: Int, batch: Int) {
    self.connection = connection
    self.publisher = publisher
    self.batch = batch
    window = AckWindow(holdLimit: prefetch / 4)
  }

  /// Takes in the next delivery; false when its tag is not the next one.
  func receive(_ delivery: Delivery) -> Bool {
    heldBytes += delivery.weight
    return window.receive(delivery.tag)
  }

  /// A delivery is done with, once.
  func settle(_ delivery: Delivery) {
    heldBytes -= delivery.weight
    window.settle(delivery.tag)
  }

  /// What is to be acknowledged now; see `AckWindow`.
  func flushAcks(force: Bool) -> [AckWindow.Ack] { window.flush(force: force) }

  /// The next dead letter that may be published now.
  func takeLetter() -> DeadLetter? {
    guard blocked == nil, let next = waitingLetters.first, deadLetters.count < IntakeConfiguration.lettersUnderway,
      deadLetters.count == 0 || letterBytes + next.delivery.weight <= IntakeConfiguration.letterBytes
    else { return nil }
    letterBytes += next.delivery.weight
    return waitingLetters.removeFirst()
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
    var (count, bytes) = (0, 0)
    while count < min(prepared.count, batch) {
      bytes += prepared[count].delivery.weight
      guard count == 0 || bytes <= IntakeConfiguration.batchBytes else { break }
      count += 1
    }
    let taken = Array(prepared.prefix(count))
    prepared.removeFirst(count)
    return taken
  }
}
