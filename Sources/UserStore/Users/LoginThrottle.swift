/// How failed logins make the next one wait: some are free, from then on each doubles the time, up to a quarter of an hour and
/// never for good, and the count sinks by one with every `decay`. Pure.
struct LoginThrottle: Hashable, Sendable {
  /// The longest wait, in seconds.
  static let longest: Int64 = 900
  /// How many doublings lead beyond it.
  private static let doublings: Int64 = 10

  /// How many failures have no consequence.
  let free: Int64
  /// After how many seconds one failure is forgotten.
  let decay: Int64

  /// Of an account, from wherever: after five failures a second, two, four.
  static let account = LoginThrottle(free: 5, decay: longest)

  /// Of an address, behind which many may sit: `free` failures, and six more a minute for ever.
  static func network(free: Int) -> LoginThrottle { LoginThrottle(free: Int64(free), decay: 10) }

  /// What a count never exceeds: with it the wait is the longest, and it is forgotten in finite time.
  var most: Int64 { free + Self.doublings }

  /// Milliseconds until the next attempt may be made, `elapsed` milliseconds after the last of so many failures; nil for at once.
  func wait(failures: Int64, elapsed: Int64) -> Int64? {
    let elapsed = max(elapsed, 0)
    let left = min(failures, most) - elapsed / (decay * 1_000)
    guard left >= free else { return nil }
    let wait = min(1 << min(left - free, Self.doublings), Self.longest) * 1_000 - elapsed
    return wait > 0 ? wait : nil
  }
}
