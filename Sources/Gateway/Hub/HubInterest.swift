import ServiceQueue
import Synchronization

/// Which audiences each queue has, so that nothing is encoded, and no personal data opened, for nobody.
final class HubInterest: Sendable {
  private let counts = Mutex<[QueueName: [Audience: Int]]>([:])

  func add(_ queue: QueueName, _ audience: Audience) { change(queue, audience, by: 1) }

  func remove(_ queue: QueueName, _ audience: Audience) { change(queue, audience, by: -1) }

  /// The audiences that want a queue's events.
  func audiences(of queue: QueueName) -> [Audience] {
    counts.withLock { all in all[queue].map { Array($0.keys) } ?? [] }
  }

  private func change(_ queue: QueueName, _ audience: Audience, by step: Int) {
    counts.withLock { all in
      var audiences = all[queue] ?? [:]
      let count = (audiences[audience] ?? 0) + step
      audiences[audience] = count > 0 ? count : nil
      all[queue] = audiences.isEmpty ? nil : audiences
    }
  }
}
