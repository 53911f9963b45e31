import ServiceQueue

/// What this node's connections watch, and how much of it the Broker has been told, without any I/O: changes go in, the next
/// announcement comes out, until the one before has been answered always the same one.
///
/// Bounds: an entry for each queue that a connection watches, and for each of whose end the Broker has yet to be told; who came and
/// went in between is neither kept nor told. An announcement has at most `BrokerLimits.presenceBatch` changes.
struct PresenceLedger: Sendable {
  private struct Key: Hashable {
    let queue: QueueName
    let connection: String
  }

  private struct Watch {
    let entry: PresenceEntry
    var isThere: Bool
    /// The Broker has it, or it is in the announcement that is under way.
    var isTold: Bool
  }

  /// How often the Broker is told at least that the node lives.
  static let heartbeat = BrokerLimits.presenceLife / 3

  /// The name under which the node announces.
  private(set) var node: String
  private var number: UInt64 = 0
  private var watches: [Key: Watch] = [:]
  /// Those that are there and not told, and those that are told and not there.
  private var untold: Set<Key> = []
  private var underway: PresenceAnnouncement?
  private var spokeAt: ContinuousClock.Instant?

  init(node: String) {
    self.node = node
  }

  /// Whether anything has changed that the Broker has not confirmed.
  var hasNews: Bool { underway != nil || !untold.isEmpty }

  /// A connection watches the queue.
  mutating func joined(_ queue: QueueName, _ entry: PresenceEntry) {
    let key = Key(queue: queue, connection: entry.connection)
    let isTold = watches[key]?.isTold ?? false
    watches[key] = Watch(entry: entry, isThere: true, isTold: isTold)
    if isTold { untold.remove(key) } else { untold.insert(key) }
  }

  /// It does no longer.
  mutating func left(_ queue: QueueName, _ entry: PresenceEntry) {
    leave(Key(queue: queue, connection: entry.connection))
  }

  /// All have left.
  mutating func allLeft() {
    for key in Array(watches.keys) { leave(key) }
  }

  private mutating func leave(_ key: Key) {
    guard let watch = watches[key] else { return }
    if watch.isTold {
      watches[key]?.isThere = false
      untold.insert(key)
    } else {
      watches[key] = nil
      untold.remove(key)
    }
  }

  /// What to tell the Broker now; nil while there is no need. `answered` or `forgotten` must follow; after a failure the
  /// same comes again.
  mutating func next(now: ContinuousClock.Instant) -> PresenceAnnouncement? {
    if let underway { return underway }
    let isDue = spokeAt.map { now - $0 >= Self.heartbeat } ?? true
    guard isDue || !untold.isEmpty else { return nil }
    spokeAt = now
    number += 1
    let announcement = PresenceAnnouncement(node: node, number: number, changes: takeUntold())
    underway = announcement
    return announcement
  }

  private mutating func takeUntold() -> [PresenceChange] {
    let keys = untold.count <= BrokerLimits.presenceBatch ? untold : Set(untold.prefix(BrokerLimits.presenceBatch))
    untold.subtract(keys)
    var changes: [PresenceChange] = []
    changes.reserveCapacity(keys.count)
    for key in keys {
      guard let watch = watches[key] else { continue }
      if watch.isThere {
        watches[key]?.isTold = true
      } else {
        watches[key] = nil
      }
      changes.append(PresenceChange(queue: key.queue, kind: watch.isThere ? .joined : .left, entry: watch.entry))
    }
    return changes
  }

  /// The Broker has taken the announcement.
  mutating func answered() {
    underway = nil
  }

  /// The Broker has lost what it was told: everything is told again, under this name.
  mutating func forgotten(renamed name: String) {
    node = name
    number = 0
    spokeAt = nil
    // An end that was under way is told again, as it may be needed: the Broker may have older data instead of none.
    for change in underway?.changes ?? [] where change.kind == .left {
      let key = Key(queue: change.queue, connection: change.entry.connection)
      if watches[key] == nil {
        watches[key] = Watch(entry: change.entry, isThere: false, isTold: true)
        untold.insert(key)
      }
    }
    underway = nil
    for (key, watch) in watches where watch.isThere {
      watches[key]?.isTold = false
      untold.insert(key)
    }
  }
}
