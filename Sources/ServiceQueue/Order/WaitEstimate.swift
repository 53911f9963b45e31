#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How long a waiting service will probably wait for its claim: the range that eight of ten such waits fall into, made from what
/// happened last. Pure.
///
/// The queue is taken as `c` parallel workers whose handling times have the mean `m` and the squared coefficient of variation
/// `cv2` of the last ones; the wait is the time until the `n`-th of them is free. Counted in steps of `m / c`, the mean is
/// `n - 1/2` where times are equal and `n` where they are exponential or the workers many, whose ends together come like a
/// Poisson process. The variance is `n * cv2`, and for times more equal than exponential ones what chance has put between the
/// workers: up to `(2 c - 1) / 12`. To that comes how well so few times tell the mean. The range is cut from the gamma distribution with
/// these two moments. `usher-bench estimate` measures how often it is right.
public struct WaitEstimate: Hashable, Sendable {
  /// One in ten waits is shorter than this, in milliseconds.
  public let low: Int64
  /// One in ten waits is longer than this, in milliseconds.
  public let high: Int64

  /// The share of waits that the range is made for.
  public static let confidence = 0.8
  /// Handling times without which there is no estimate.
  public static let fewestTimes = 5
  /// The upper end where an employee is free already, in milliseconds: people need a moment to press a button.
  public static let reaction: Int64 = 60_000

  /// The normal distribution's quantile at 0.9.
  private static let z = 1.2816

  /// Nil when there is nothing to go by: too few handling times, no employee active, or the queue paused.
  ///
  /// - Parameters:
  ///   - ahead: waiting services before this one.
  ///   - statistics: the queue at present.
  public init?(ahead: Int, statistics: QueueStatistics) {
    let times = statistics.handlingTimes.map { Double(max($0, 0)) }
    let handled = statistics.summary.counts.handled
    // Employees may have several services each: what is being handled at one time counts as well.
    let workers = max(statistics.activeEmployees, handled)
    guard times.count >= Self.fewestTimes, workers > 0, !statistics.summary.isPaused else { return nil }
    let mean = times.reduce(0, +) / Double(times.count)
    let free = max(0, statistics.activeEmployees - handled)
    guard ahead >= free, mean > 0 else {
      low = 0
      high = min(Int64(mean), Self.reaction)
      return
    }
    let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count - 1)
    let n = Double(ahead - free + 1)
    let c = Double(workers)
    let cv2 = variance / (mean * mean)
    let many = (c - 1) / (n + c - 1)
    let expected = n - (1 - min(cv2, 1)) * (1 - many) / 2
    let between = (2 * c - 1) / 12
    let spread =
      n * cv2 + max(0, 1 - cv2) * n * between / (n + between) + expected * expected * cv2 / Double(times.count)
    let shape = expected * expected / spread
    low = Int64(expected * mean / c * Self.quantile(-Self.z, shape))
    high = Int64(expected * mean / c * Self.quantile(Self.z, shape))
  }

  /// The quantile of a gamma distribution of mean 1, after Wilson and Hilferty, where a standard normal one has it at `z`.
  private static func quantile(_ z: Double, _ shape: Double) -> Double {
    let ninth = 1 / (9 * shape)
    return pow(max(0, 1 - ninth + z * ninth.squareRoot()), 3)
  }
}
