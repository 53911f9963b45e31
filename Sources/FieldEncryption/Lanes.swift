import Synchronization

/// A few interchangeable copies of a mutable resource, so that threads seldom wait for one another.
///
/// A caller takes the first copy that is free, and waits for the first when none is. What is done with it must be short:
/// microseconds, and never a suspension.
final class Lanes<Resource: ~Copyable>: Sendable {
  private final class Lane: Sendable {
    let resource: Mutex<Resource>
    init(_ resource: consuming sending Resource) { self.resource = Mutex(resource) }
  }

  private let lanes: [Lane]

  /// Makes `count` copies now; a resource whose parts are costly should make them on first use.
  init(count: Int = 4, _ make: () -> sending Resource) {
    lanes = (0..<max(count, 1)).map { _ in Lane(make()) }
  }

  func withLane<R, E: Error>(_ body: (inout sending Resource) throws(E) -> sending R) throws(E) -> sending R {
    for lane in lanes {
      if let result = try lane.resource.withLockIfAvailable(body) { return result }
    }
    return try lanes[0].resource.withLock(body)
  }

  /// Every copy, one after the other: waits for whoever uses one.
  func forEach(_ body: (inout sending Resource) -> sending Void) {
    for lane in lanes { lane.resource.withLock(body) }
  }
}
