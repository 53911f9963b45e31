/// How long to wait before the next attempt: doubling up to a limit, with a part of it left to chance, so that nodes which lost the
/// same server do not come back in step. Pure.
public struct Backoff: Hashable, Sendable {
  /// The longest wait before the first new attempt.
  public var base: Duration
  /// No wait is longer.
  public var limit: Duration
  /// The part of a wait that is not left to chance, 0 to 1; 0 is full jitter.
  public var certain: Double

  /// Waits from `base` doubled up to `limit`.
  public init(base: Duration, limit: Duration, certain: Double = 0.5) {
    self.base = base
    self.limit = limit
    self.certain = min(max(certain, 0), 1)
  }

  /// The wait before new attempt `attempt` (from 0): between the certain part and the whole of `base * 2^attempt`, at most `limit`.
  /// `chance` is 0 ..< 1.
  public func delay(attempt: Int, chance: Double) -> Duration {
    let doubled = base * (1 << min(max(attempt, 0), 20))
    return min(doubled, limit) * (certain + (1 - certain) * min(max(chance, 0), 1))
  }
}
