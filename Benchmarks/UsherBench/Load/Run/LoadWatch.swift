import Foundation
import Glibc

/// What the server used, second by second, if its process is here and may be looked at.
struct LoadWatch: Sendable {
  /// One moment.
  struct Usage: Sendable, Encodable {
    /// CPU time of the measured time, in seconds of one core a second.
    let cores: Double
    /// CPU seconds.
    let cpuSeconds: Double
    /// Resident bytes: at the beginning of the measured time, at its end, and the most that was seen.
    let residentBefore: Int
    let residentAfter: Int
    let residentMost: Int
  }

  let process: pid_t
  let clock: LoadClock
  let window: LoadWindow

  /// Looks each second of the measured time; nil when the process cannot be looked at.
  func run() async throws -> Usage? {
    let usage = ProcessUsage(id: process)
    try await clock.sleep(until: window.begin)
    guard let cpu = try? usage.cpuSeconds(), let before = try? usage.residentBytes() else { return nil }
    let begin = clock.now
    var (after, most) = (before, before)
    while clock.now < window.end {
      try await clock.sleep(until: min(window.end, clock.now + 1_000_000))
      guard let bytes = try? usage.residentBytes() else { return nil }
      (after, most) = (bytes, max(most, bytes))
    }
    guard let total = try? usage.cpuSeconds() else { return nil }
    let seconds = Double(clock.now - begin) / 1e6
    return Usage(
      cores: (total - cpu) / seconds, cpuSeconds: total - cpu, residentBefore: before, residentAfter: after,
      residentMost: most)
  }
}
