import FieldEncryption
import ServiceQueue
import Synchronization

/// Gives out ids for new services and tokens; ascending within this process.
final class ServiceIDs: Sendable {
  private struct State {
    var generator = UUIDv7Generator()
    var random = PooledRandom()
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

/// Random numbers of the pool that nonces come from: to ask the kernel for each costs more than the rest of an id.
private struct PooledRandom: RandomNumberGenerator {
  private var system = SystemRandomNumberGenerator()

  mutating func next() -> UInt64 {
    guard let drawn = RandomPool.shared.draw() else { return system.next() }
    return unsafeBitCast(drawn, to: SIMD2<UInt64>.self)[0]
  }
}
