import Reactor

extension Backoff {
  /// To RabbitMQ, which everyone loses at once: with full jitter.
  static let reconnect = Backoff(base: .milliseconds(500), limit: .seconds(15), certain: 0)
  /// To the Broker, which answers in time that it is not available.
  static let submit = Backoff(base: .milliseconds(50), limit: .seconds(2))
  /// For a dead letter that RabbitMQ did not take.
  static let deadLetter = Backoff(base: .seconds(1), limit: .seconds(1))
}
