/// How long to wait before the next attempt to connect: doubling, with jitter, for ever.
struct ReconnectPolicy: Sendable {
  /// The shortest wait.
  var least: Duration = .milliseconds(50)
  /// The longest wait.
  var most: Duration = .seconds(5)

  /// The wait after `failures` failed attempts in a row (1 or more): between half and the whole of
  /// `least * 2^(failures - 1)`, but at least `least` and at most `most`.
  func delay(afterFailures failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
    let whole = min(least * (1 << min(max(failures - 1, 0), 20)), most)
    return max(least, whole * Double.random(in: 0.5...1, using: &random))
  }
}
