import ServiceQueue
import Synchronization

/// A subscriber that does what a screen does: where the events are not continuous it takes a snapshot. Notes all that comes.
final class Watcher: Sendable {
  private let name: String
  private let broker: any Broker
  private let items = Mutex<[Observer.Item]>([])
  private let seen = Mutex<[QueueName: QueueVersion]>([:])

  init(_ name: String, on broker: any Broker) {
    self.name = name
    self.broker = broker
  }

  var observer: Observer { Observer(name: name, items: items.withLock { $0 }) }

  /// Up to which version it has a queue.
  func version(of queue: QueueName) -> QueueVersion { seen.withLock { $0[queue] ?? 0 } }

  /// Until it is cancelled.
  func run(_ queues: [QueueName]) async {
    let subscription = await broker.subscribe()
    for queue in queues { await takeSnapshot(of: queue) }
    for await batch in subscription.batches {
      switch batch {
      case .events(let events):
        for event in events { note(.event(event), event.queue, event.version) }
      case .reset(let queue):
        items.withLock { $0.append(.reset(queue)) }
        for queue in queue.map({ [$0] }) ?? queues { await takeSnapshot(of: queue) }
      case .presence: continue
      }
    }
  }

  private func takeSnapshot(of queue: QueueName) async {
    while !Task.isCancelled {
      if let snapshot = try? await broker.snapshot(of: queue, limit: BrokerLimits.snapshot) {
        return note(.snapshot(snapshot), queue, snapshot.summary.version)
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  private func note(_ item: Observer.Item, _ queue: QueueName, _ version: QueueVersion) {
    items.withLock { $0.append(item) }
    seen.withLock { $0[queue] = version }
  }
}
