import ServiceQueue

/// What a page that is read in parts may still take.
struct PageRoom: Hashable {
  private(set) var entries: Int
  private(set) var bytes: Int
  /// The first entry is taken however long it is.
  private(set) var isEmpty = true

  init(limit: Int, bytes: Int = BrokerLimits.pageBytes) {
    entries = limit
    self.bytes = bytes
  }

  mutating func take(_ services: [ListPart.Item]) {
    for item in services { take(item.bytes) }
  }

  mutating func take(_ events: [EventPart.Item]) {
    for item in events { take(item.bytes) }
  }

  private mutating func take(_ size: Int) {
    isEmpty = false
    entries -= 1
    bytes = max(bytes - size, 0)
  }
}

/// What one call of `list` answers.
struct ListPart: Hashable {
  /// A service with the bytes that it takes in Redis' answer.
  struct Item: Hashable {
    var service: Service
    var bytes: Int
  }

  /// Services that one call looks at, at most.
  static let mostLookedAt = 1_000

  let summary: QueueSummary
  let services: [Item]
  /// Where it goes on; nil at the end.
  let next: ListCursor?
  /// Whether the next service has no room on the page, or there are as many as were asked for.
  let isPageFull: Bool

  init(summary: QueueSummary, services: [Item], next: ListCursor?, isPageFull: Bool) {
    self.summary = summary
    self.services = services
    self.next = next
    self.isPageFull = isPageFull
  }

  /// After the summary: order and id of the last place, whether the page is full, then id and record of each.
  init(_ reply: [RedisValue], after index: Int, _ summary: QueueSummary) throws(BrokerError) {
    guard reply.count >= index + 3, let order = reply[index].bytes, let last = reply[index + 1].text else {
      throw .notUnderstood("list")
    }
    self.summary = summary
    if let ticks = FieldReader.number(order), let order = OrderKey(Int64(ticks)), let id = ServiceID(last) {
      next = ListCursor(order: order, id: id)
    } else {
      next = nil
    }
    isPageFull = reply[index + 2].text == "1"
    var services: [Item] = []
    services.reserveCapacity((reply.count - index) / 2)
    for place in stride(from: index + 3, to: reply.count - 1, by: 2) {
      guard let id = reply[place].text.flatMap({ ServiceID($0) }), let record = reply[place + 1].bytes,
        let service = RecordCodec.service(id, in: summary.queue, from: record[...])
      else { throw .notUnderstood("list") }
      services.append(Item(service: service, bytes: id.rawValue.utf8.count + record.count))
    }
    self.services = services
  }
}

/// What one call of `events` answers.
struct EventPart: Hashable {
  /// An event with the bytes of its line.
  struct Item: Hashable {
    let event: QueueEvent
    let bytes: Int
  }

  /// The queue when they were read.
  let summary: QueueSummary
  let isGone: Bool
  let events: [Item]
  /// Whether the next event has no room on the page, or there are as many as were asked for.
  let isPageFull: Bool

  init(summary: QueueSummary, isGone: Bool = false, events: [Item], isPageFull: Bool = false) {
    self.summary = summary
    self.isGone = isGone
    self.events = events
    self.isPageFull = isPageFull
  }

  /// After the summary: whether the page is full, then the events.
  init(_ reply: [RedisValue], after index: Int, _ summary: QueueSummary) throws(BrokerError) {
    guard reply.count > index else { throw .notUnderstood("events") }
    self.summary = summary
    isGone = reply[0].text == "GONE"
    isPageFull = reply[index].text == "1"
    var events: [Item] = []
    events.reserveCapacity(reply.count - index)
    for value in reply[(index + 1)...] {
      guard let line = value.bytes, let event = line.withUnsafeBytes({ EventCodec.event(from: $0) }) else {
        throw .notUnderstood("events")
      }
      events.append(Item(event: event, bytes: line.count))
    }
    self.events = events
  }
}
