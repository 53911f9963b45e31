import Reactor

extension Backoff {
  /// To PostgreSQL, and to an outbox or history that fails.
  static let reconnect = Backoff(base: .milliseconds(100), limit: .seconds(10))
}
