/// How long to wait before trying again: doubling up to a limit, with half of it left to chance so that many nodes do not
/// come back at one moment. Pure.
struct Backoff: Hashable, Sendable {
  var base: Duration
  var limit: Duration

  /// To RabbitMQ.
  static let reconnect = Backoff(base: .milliseconds(250), limit: .seconds(15))
  /// To the Broker, which answers in time that it is not available.
  static let submit = Backoff(base: .milliseconds(50), limit: .seconds(2))
  /// For a dead letter that RabbitMQ did not take.
  static let deadLetter = Backoff(base: .seconds(1), limit: .seconds(1))

  /// The wait before attempt `attempt` (from 0). `chance` is 0 ..< 1.
  func delay(attempt: Int, chance: Double) -> Duration {
    let doubled = base * (1 << min(max(attempt, 0), 20))
    return min(doubled, limit) * (0.5 + 0.5 * chance)
  }
}
