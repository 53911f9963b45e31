import Synchronization

/// Microseconds since the beginning of a run, for all its tasks and threads.
final class LoadClock: Sendable {
  private let start = Mutex(ContinuousClock.now)

  /// The run begins after so long: everything is in place.
  func begin(after delay: Duration) { start.withLock { $0 = .now + delay } }

  /// 0 before the beginning.
  var now: UInt64 {
    let (seconds, attoseconds) = (ContinuousClock.now - start.withLock { $0 }).components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(seconds) * 1_000_000 + UInt64(attoseconds / 1_000_000_000_000)
  }

  /// How long it is until then; not below zero.
  func wait(until moment: UInt64) -> Duration { max(.zero, instant(moment) - .now) }

  /// Sleeps until then; not at all when it has passed.
  func sleep(until moment: UInt64) async throws {
    let instant = instant(moment)
    guard instant > .now else { return }
    try await Task.sleep(until: instant, tolerance: .zero, clock: .continuous)
  }

  private func instant(_ moment: UInt64) -> ContinuousClock.Instant {
    start.withLock { $0 } + .microseconds(Int64(moment))
  }
}
