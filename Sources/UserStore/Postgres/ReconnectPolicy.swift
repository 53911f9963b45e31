/// How long to wait before the next attempt: exponential with full jitter over the upper half, so that nodes which lost the
/// same server do not come back in step. Pure.
struct ReconnectPolicy: Sendable {
  /// The longest delay after the first failure.
  var base: Duration = .milliseconds(100)
  /// No delay is longer.
  var limit: Duration = .seconds(10)

  /// The delay after `failures` failures in a row (from 1); `random` in 0..<1.
  func delay(afterFailures failures: Int, random: Double) -> Duration {
    let doublings = min(max(failures - 1, 0), 20)
    let ceiling = min(base * (1 << doublings), limit)
    return ceiling * (0.5 + 0.5 * min(max(random, 0), 1))
  }
}
