/// When something is due: at random, at a rate on average (a Poisson process), in microseconds from the beginning. The same seed gives
/// the same moments, whatever the server does.
struct ArrivalSchedule: Sequence, IteratorProtocol, Sendable {
  private let rate: Double
  private let end: Double
  private var random: SeededRandom
  private var last = 0.0

  /// `rate` a second for so many seconds.
  init(rate: Double, seconds: Double, seed: UInt64) {
    self.rate = rate
    end = seconds
    random = SeededRandom(seed: seed)
  }

  mutating func next() -> UInt64? {
    last += random.exponential() / rate
    return last < end ? UInt64(last * 1e6) : nil
  }
}
