import NIOCore
import ServiceQueue

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The time of day and new ids, in one place so that tests can turn the clock.
struct GatewayClock: Sendable {
  /// Milliseconds since 1970.
  var milliseconds: @Sendable () -> Int64

  /// The system's clock.
  static let system = GatewayClock {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
  }

  /// Seconds since 1970.
  var seconds: Int64 { milliseconds() / 1_000 }
}
