import Reactor
import ServiceQueue

/// One life of the publisher's connection. Lives within the `EventPublisherActor`, on its reactor.
final class EventSession {
  let connection: AMQPConnection
  /// The page that is under way.
  var round: PublishRound?
  /// Why RabbitMQ takes nothing in; nil when it does.
  var blocked: String?
  /// When the last event of the page was published.
  var publishedAt = ContinuousClock.now
  var watch: Watch?
  var heartbeatTimer: ReactorTimer?
  var graceTimer: ReactorTimer?
  /// What is to be acknowledged, once it is known.
  var done: [OutboxID]?
  private(set) var hasEnded = false
  private(set) var failure: (any Error)?
  private var waiting: CheckedContinuation<Void, Never>?

  init(connection: AMQPConnection) { self.connection = connection }

  /// Ends it, with the reason if it failed.
  func end(_ failure: (any Error)?) {
    guard !hasEnded else { return }
    hasEnded = true
    self.failure = failure
    watch?.cancel()
    heartbeatTimer?.cancel()
    graceTimer?.cancel()
    wake()
  }

  /// Something has changed for who waits.
  func wake() { waiting.take()?.resume() }

  /// Waits for a change; there is one who waits.
  func change(isolation: isolated (any Actor)? = #isolation) async {
    guard !hasEnded else { return }
    await withCheckedContinuation { waiting = $0 }
  }
}
