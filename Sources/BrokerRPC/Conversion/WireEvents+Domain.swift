import ServiceQueue
import SwiftProtobuf

extension WireEventPage {
  init(_ page: EventPage) {
    self.init()
    switch page {
    case .events(let found, let lifetime, let version):
      events = .with { $0.events = found.map(WireQueueEvent.init) }
      epoch = lifetime.rawValue
      current = version
    case .gone(let lifetime, let version):
      gone = Gone()
      epoch = lifetime.rawValue
      current = version
    }
  }

  func domain() throws(Unreadable) -> EventPage {
    switch page {
    case .events(let events):
      .events(
        try events.events.reading { (event) throws(Unreadable) in try event.domain() }, epoch: try Epoch(wire: epoch),
        current: current)
    case .gone: .gone(epoch: try Epoch(wire: epoch), current: current)
    case nil: throw Unreadable("page is missing")
    }
  }
}

extension WirePresenceEntry {
  init(_ entry: PresenceEntry) {
    self.init()
    connection = entry.connection
    user = entry.user
    name = entry.name
    level = WireAccessLevel(entry.level)
  }

  func domain() throws(Unreadable) -> PresenceEntry {
    PresenceEntry(connection: connection, user: user, name: name, level: try level.domain())
  }
}

extension WirePresenceChange {
  init(_ change: PresenceChange) {
    self.init()
    queue = change.queue.rawValue
    switch change.kind {
    case .joined: kind = .joined
    case .left: kind = .left
    }
    entry = WirePresenceEntry(change.entry)
  }

  func domain() throws(Unreadable) -> PresenceChange {
    let way: PresenceChange.Kind =
      switch kind {
      case .joined: .joined
      case .left: .left
      case .unspecified, .UNRECOGNIZED: throw kind.unknown("kind")
      }
    return PresenceChange(queue: try QueueName(wire: queue), kind: way, entry: try entry.domain())
  }
}

extension WireQueuePresence {
  init(_ presence: QueuePresence) {
    self.init()
    entries = presence.entries.map(WirePresenceEntry.init)
    connections = UInt64(clamping: presence.connections)
    users = UInt64(clamping: presence.users)
  }

  func domain() throws(Unreadable) -> QueuePresence {
    QueuePresence(
      entries: try entries.reading { (entry) throws(Unreadable) in try entry.domain() },
      connections: try connections.count("connections"), users: try users.count("users"))
  }
}

extension WireAnnounceRequest {
  init(_ announcement: PresenceAnnouncement) {
    self.init()
    node = announcement.node
    number = announcement.number
    changes = announcement.changes.map(WirePresenceChange.init)
  }

  func domain() throws(Unreadable) -> PresenceAnnouncement {
    PresenceAnnouncement(
      node: node, number: number,
      changes: try changes.reading { (change) throws(Unreadable) in try change.domain() })
  }
}

extension WireEventBatch {
  /// A gap in one queue's events, or in all.
  init(reset queue: QueueName?) {
    self.init()
    reset = .with { if let queue { $0.queue = queue.rawValue } }
  }

  /// The batch as messages: events are split by `MessageBudget`.
  static func messages(_ batch: EventBatch) -> [WireEventBatch] {
    switch batch {
    case .events(let events):
      MessageBudget.split(events, by: \.messageWeight).map { part in
        WireEventBatch.with { $0.events = .with { $0.events = part.map(WireQueueEvent.init) } }
      }
    case .reset(let queue): [WireEventBatch(reset: queue)]
    case .presence(let changes):
      [WireEventBatch.with { $0.presence = .with { $0.changes = changes.map(WirePresenceChange.init) } }]
    }
  }

  func domain() throws(Unreadable) -> EventBatch {
    switch batch {
    case .events(let events): .events(try events.events.reading { (event) throws(Unreadable) in try event.domain() })
    case .reset(let reset): .reset(reset.hasQueue ? try QueueName(wire: reset.queue) : nil)
    case .presence(let presence):
      .presence(try presence.changes.reading { (change) throws(Unreadable) in try change.domain() })
    case nil: throw Unreadable("batch is missing, or not known here")
    }
  }
}
