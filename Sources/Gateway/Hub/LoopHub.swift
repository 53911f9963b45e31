import NIOCore
import ServiceQueue
import Synchronization

/// The part of the hub that lives on one event loop: who of this loop's connections subscribes to what. Pinned to the
/// loop, so that handing on a batch to a thousand connections costs a thousand plain calls and no hop.
actor LoopHub {
  private struct Key: Hashable {
    let queue: QueueName
    let audience: Audience
  }

  private struct Mailbox {
    var waiting = LoopMailbox()
    /// The loop is going to look.
    var isAnnounced = false
  }

  private let executor: any SerialExecutor
  private var subscribers: [Key: Subscribers] = [:]
  private let interest: HubInterest
  private let metrics: GatewayMetrics
  private nonisolated let mailbox = Mutex(Mailbox())
  var timers = LoopTimers()
  nonisolated let loop: any EventLoop

  /// The loop outlives the hub: the group that owns it is shut down after the Gateway, if ever. The hub keeps the executor.
  nonisolated let unownedExecutor: UnownedSerialExecutor

  init(loop: any EventLoop, interest: HubInterest, metrics: GatewayMetrics) {
    self.loop = loop
    self.interest = interest
    self.metrics = metrics
    executor = loop.executor
    unownedExecutor = executor.asUnownedSerialExecutor()
  }

  func join(_ connection: ConnectionActor, _ queue: QueueName, _ audience: Audience) {
    guard subscribers[Key(queue: queue, audience: audience), default: Subscribers()].insert(connection) else { return }
    interest.add(queue, audience)
  }

  func leave(_ connection: ConnectionActor, _ queue: QueueName, _ audience: Audience) {
    let key = Key(queue: queue, audience: audience)
    guard subscribers[key]?.remove(connection) == true else { return }
    if subscribers[key]?.all.isEmpty == true { subscribers[key] = nil }
    interest.remove(queue, audience)
  }

  /// Has the loop deliver the messages, with whatever comes until it has time. From any thread; those of one thread keep their
  /// order.
  nonisolated func post(_ messages: [HubMessage]) {
    let (isNew, overflows) = mailbox.withLock { mailbox in
      let before = mailbox.waiting.overflows
      for message in messages { mailbox.waiting.append(message) }
      defer { mailbox.isAnnounced = true }
      return (!mailbox.isAnnounced, mailbox.waiting.overflows - before)
    }
    if overflows > 0 { metrics.mailboxOverflow(overflows) }
    if isNew { loop.execute { self.assumeIsolated { $0.drain() } } }
  }

  private func drain() {
    deliver(
      mailbox.withLock { mailbox in
        mailbox.isAnnounced = false
        return mailbox.waiting.take()
      })
  }

  /// Writes what a batch brought to everyone it concerns: one flush a connection.
  func deliver(_ messages: [HubMessage]) {
    let isLone = messages.count == 1
    var touched = [ConnectionActor]()
    for message in messages {
      switch message {
      case .run(let run, let audience):
        var events = 0
        // A copy: whoever is cut off meanwhile leaves.
        for connection in subscribers[Key(queue: run.queue, audience: audience)]?.all ?? [] {
          let count = connection.assumeIsolated { $0.deliver(run, flushing: isLone) }
          events += count
          if count > 0, !isLone { touched.append(connection) }
        }
        if events > 0 { metrics.delivered(events) }
      case .presence(let push, let audience):
        for connection in subscribers[Key(queue: push.queue, audience: audience)]?.all ?? [] {
          connection.assumeIsolated { if $0.deliver(push) { touched.append(connection) } }
        }
      case .reset(let queue):
        for (key, group) in subscribers where queue == nil || key.queue == queue {
          for connection in group.all { connection.assumeIsolated { $0.resync(key.queue) } }
        }
      }
    }
    for connection in touched { connection.assumeIsolated { $0.flush() } }
  }
}

/// The connections of one loop and audience, in no order.
private struct Subscribers {
  private(set) var all: [ConnectionActor] = []
  private var places: [ObjectIdentifier: Int] = [:]

  /// False when it is there already.
  mutating func insert(_ connection: ConnectionActor) -> Bool {
    guard places[ObjectIdentifier(connection)] == nil else { return false }
    places[ObjectIdentifier(connection)] = all.count
    all.append(connection)
    return true
  }

  /// False when it is not there.
  mutating func remove(_ connection: ConnectionActor) -> Bool {
    guard let place = places.removeValue(forKey: ObjectIdentifier(connection)) else { return false }
    let last = all.removeLast()
    if place < all.count {
      all[place] = last
      places[ObjectIdentifier(last)] = place
    }
    return true
  }
}

/// What the hub sends to its parts.
enum HubMessage: Sendable {
  /// Events for an audience.
  case run(EventRun, Audience)
  /// Who came and went, for those of an audience that want to be told.
  case presence(PresencePush, Audience)
  /// A queue's events, or all, are not continuous here.
  case reset(QueueName?)
}
