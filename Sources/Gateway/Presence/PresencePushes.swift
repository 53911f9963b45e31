import Metrics
import NIOCore
import ServiceQueue
import Synchronization

/// Who came to a queue and who left it, encoded once for all of an audience.
struct PresencePush: Sendable {
  let queue: QueueName
  /// How many changes.
  let count: Int
  /// All pushes as WebSocket frames.
  let frames: ByteBuffer
}

/// How many changes of presence are pushed, so that thousands who come at one time are not told to thousands each. Pure.
///
/// A batch of a queue is pushed whole or not at all: when it would be more than `perSecond` within the second, it and what follows in
/// that second is not. Clients that need to be exact ask for the presence. Bound: an entry a queue that has connections.
struct PresenceThrottle: Sendable {
  /// Changes of a queue within a second, at most.
  static let perSecond = 50

  private var seconds: [QueueName: (begin: ContinuousClock.Instant, count: Int)] = [:]

  /// Whether so many changes of the queue are to be pushed now.
  mutating func admits(_ count: Int, of queue: QueueName, now: ContinuousClock.Instant) -> Bool {
    var second = seconds[queue] ?? (now, 0)
    if now - second.begin >= .seconds(1) { second = (now, 0) }
    second.count += count
    seconds[queue] = second
    return second.count <= Self.perSecond
  }
}

/// Makes the hub's messages of what the Broker tells of presence. Only for staff: a display board is not told who works.
final class PresencePushes: Sendable {
  private let throttle = Mutex(PresenceThrottle())
  private let suppressed = Counter(label: "usher_gateway_presence_suppressed_total")

  /// One message for each queue and audience that it concerns.
  func messages(for changes: [PresenceChange], _ interest: HubInterest) -> [HubMessage] {
    let now = ContinuousClock.now
    var messages = [HubMessage]()
    for (queue, changes) in Dictionary(grouping: changes, by: \.queue) {
      let audiences = interest.audiences(of: queue).filter { $0.view == .staff }
      guard !audiences.isEmpty else { continue }
      guard throttle.withLock({ $0.admits(changes.count, of: queue, now: now) }) else {
        suppressed.increment(by: changes.count)
        continue
      }
      for audience in audiences {
        let pushes = changes.map { audience.format.push($0) }
        let frames = audience.format.frames(pushes[...])
        messages.append(.presence(PresencePush(queue: queue, count: pushes.count, frames: frames), audience))
      }
    }
    return messages
  }
}
