import NIOCore
import ServiceQueue

/// The part of the hub that lives on one event loop: who of this loop's connections subscribes to what. Pinned to the
/// loop, so that handing on a batch to a thousand connections costs a thousand plain calls and no hop.
actor LoopHub {
  private struct Key: Hashable {
    let queue: QueueName
    let audience: Audience
  }

  private let executor: any SerialExecutor
  private var subscribers: [Key: [ObjectIdentifier: ConnectionActor]] = [:]
  private let interest: HubInterest
  nonisolated let loop: any EventLoop

  /// The loop outlives the hub: the group that owns it is shut down after the Gateway, if ever.
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(loop: any EventLoop, interest: HubInterest) {
    self.loop = loop
    self.executor = loop.executor
    self.interest = interest
  }

  func join(_ connection: ConnectionActor, _ queue: QueueName, _ audience: Audience) {
    let key = Key(queue: queue, audience: audience)
    guard subscribers[key, default: [:]].updateValue(connection, forKey: ObjectIdentifier(connection)) == nil else {
      return
    }
    interest.add(queue, audience)
  }

  func leave(_ connection: ConnectionActor, _ queue: QueueName, _ audience: Audience) {
    let key = Key(queue: queue, audience: audience)
    guard subscribers[key]?.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    if subscribers[key]?.isEmpty == true { subscribers[key] = nil }
    interest.remove(queue, audience)
  }

  /// Writes what a batch brought to everyone it concerns: one flush a connection.
  func deliver(_ messages: [HubMessage]) {
    var touched = [ConnectionActor]()
    for message in messages {
      switch message {
      case .run(let run, let audience):
        // A copy: whoever is cut off meanwhile leaves.
        for connection in (subscribers[Key(queue: run.queue, audience: audience)] ?? [:]).values {
          connection.assumeIsolated { if $0.deliver(run) { touched.append(connection) } }
        }
      case .reset(let queue):
        for (key, connections) in subscribers where queue == nil || key.queue == queue {
          for connection in connections.values { connection.assumeIsolated { $0.resync(key.queue) } }
        }
      }
    }
    for connection in touched { connection.assumeIsolated { $0.flush() } }
  }
}

/// What the hub sends to its parts.
enum HubMessage: Sendable {
  /// Events for an audience.
  case run(EventRun, Audience)
  /// A queue's events, or all, are not continuous here.
  case reset(QueueName?)
}
