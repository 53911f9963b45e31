import ServiceQueue
import Synchronization

/// Gives out ids for new services and tokens; ascending within this process.
final class ServiceIDs: Sendable {
  private struct State {
    var generator = UUIDv7Generator()
    var random = SystemRandomNumberGenerator()
  }

  private let state = Mutex(State())
  private let clock: GatewayClock

  init(clock: GatewayClock) { self.clock = clock }

  /// The next id.
  func next() -> ServiceID {
    let now = Timestamp(milliseconds: clock.milliseconds())
    return state.withLock { state in state.generator.next(now: now, using: &state.random) }
  }
}
