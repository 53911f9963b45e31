import ServiceQueue
import Synchronization

/// Which views of which queues anyone subscribes to, so that nothing is encoded, and no personal data opened, for nobody.
final class HubInterest: Sendable {
  private struct Counts {
    var board = 0
    var staff = 0
  }

  private let counts = Mutex<[QueueName: Counts]>([:])

  func add(_ queue: QueueName, _ view: ViewLevel) { change(queue, view, by: 1) }

  func remove(_ queue: QueueName, _ view: ViewLevel) { change(queue, view, by: -1) }

  /// The views that a queue's events are wanted in.
  func views(of queue: QueueName) -> [ViewLevel] {
    counts.withLock { all in
      guard let counts = all[queue] else { return [] }
      return (counts.board > 0 ? [ViewLevel.board] : []) + (counts.staff > 0 ? [ViewLevel.staff] : [])
    }
  }

  private func change(_ queue: QueueName, _ view: ViewLevel, by step: Int) {
    counts.withLock { all in
      var counts = all[queue] ?? Counts()
      switch view {
      case .board: counts.board += step
      case .staff: counts.staff += step
      }
      all[queue] = counts.board > 0 || counts.staff > 0 ? counts : nil
    }
  }
}
