/// A question for a page of a queue's live services.
public struct ServiceListQuery: Hashable, Sendable {
  /// The queue.
  public var queue: QueueName
  /// Only services in these states; empty for every live state. Ended states match nothing.
  public var states: Set<ServiceState>
  /// Begin after this place; nil for the beginning.
  public var after: ListCursor?
  /// At most so many.
  public var limit: Int

  /// A query for one page.
  public init(queue: QueueName, states: Set<ServiceState> = [], after: ListCursor? = nil, limit: Int) {
    self.queue = queue
    self.states = states
    self.after = after
    self.limit = limit
  }
}

/// A place in a queue between two services, stable while others come and go.
public struct ListCursor: Hashable, Sendable {
  /// The last service of the page before.
  public let order: OrderKey
  /// Its id.
  public let id: ServiceID

  /// The place directly after the service with this order and id.
  public init(order: OrderKey, id: ServiceID) {
    self.order = order
    self.id = id
  }

  /// `ORDER.ID`, as clients hold it; opaque to them.
  public var text: String { "\(order.ticks).\(id)" }

  /// Nil when `text` was not made by `text`.
  public init?(text: String) {
    guard let dot = text.firstIndex(of: "."), let ticks = Int64(text[..<dot]), let order = OrderKey(ticks),
      let id = ServiceID(String(text[text.index(after: dot)...]))
    else { return nil }
    self.init(order: order, id: id)
  }
}

/// A page of services.
public struct ServicePage: Hashable, Sendable {
  /// In order. Fewer than asked for does not mean that this is the last page: `next` tells.
  public let services: [Service]
  /// Where the next page begins; nil when this was the last.
  public let next: ListCursor?
  /// The queue's version when the page was read.
  public let version: QueueVersion
  /// The queue's epoch then.
  public let epoch: Epoch
  /// The digest of all live services of the queue then.
  public let digest: QueueDigest
  /// How many live services the queue has, whatever the filter.
  public let total: Int

  /// A page with all its fields.
  public init(
    services: [Service], next: ListCursor?, version: QueueVersion, epoch: Epoch, digest: QueueDigest, total: Int
  ) {
    self.services = services
    self.next = next
    self.version = version
    self.epoch = epoch
    self.digest = digest
    self.total = total
  }
}

/// A queue at one version.
public struct QueueSnapshot: Hashable, Sendable {
  /// Name, version, epoch, digest and counts.
  public let summary: QueueSummary
  /// The first live services, in order, as many as `BrokerLimits.pageBytes` holds; all of them when there are
  /// `summary.total`.
  public let services: [Service]

  /// The queue `summary` with its first `services`.
  public init(summary: QueueSummary, services: [Service]) {
    self.summary = summary
    self.services = services
  }
}

/// What was missed.
public enum EventPage: Hashable, Sendable {
  /// The events, oldest first; empty when the caller is up to date. `current` is the queue's version then: when the last
  /// event is older there are more to ask for.
  case events([QueueEvent], epoch: Epoch, current: QueueVersion)
  /// Not to be had any more: start from a snapshot.
  case gone(epoch: Epoch, current: QueueVersion)
}

/// What a subscription yields.
public enum EventBatch: Sendable {
  /// Events in order; of one or several queues.
  case events([QueueEvent])
  /// This queue's events are not continuous here: take a snapshot. Nil means every queue.
  case reset(QueueName?)
  /// Connections came and went, in order.
  case presence([PresenceChange])
}

/// A subscription to all events. Ends when the Broker shuts down, or when its holder ends the iteration.
public struct EventSubscription: Sendable {
  /// Bounded; when it overflows the oldest are kept and one `.reset(nil)` takes the place of what was dropped.
  public let batches: AsyncStream<EventBatch>

  /// A subscription that yields `batches`.
  public init(batches: AsyncStream<EventBatch>) { self.batches = batches }
}

/// The place of an entry in the outbox stream; compares as Redis does.
public struct OutboxID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds part.
  public let milliseconds: UInt64
  /// Sequence within the millisecond.
  public let sequence: UInt64

  /// Nil when `text` is not `MILLISECONDS-SEQUENCE`.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else { return nil }
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// `MILLISECONDS-SEQUENCE`.
  public var description: String { "\(milliseconds)-\(sequence)" }

  /// The natural order.
  public static func < (a: OutboxID, b: OutboxID) -> Bool {
    (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence)
  }
}

/// Who reads the outbox. Each gets every change, however far the other is.
public enum OutboxReader: String, Hashable, Sendable, CaseIterable {
  /// The history, always enrolled. It gets changes whole.
  case history
  /// Who publishes changes to others. It is enrolled while somebody reads for it, and gets changes without what concerns persons: no
  /// personal data, no actor, no assignee, no submitter. So nothing of that is kept for it.
  case events
}

/// A change that a reader of the outbox must get.
public struct OutboxEntry: Hashable, Sendable {
  /// Its place in the outbox.
  public let id: OutboxID
  /// The change; never a renumbering, which concerns no service's history.
  public let event: QueueEvent

  /// The change `event` at the place `id`.
  public init(id: OutboxID, event: QueueEvent) {
    self.id = id
    self.event = event
  }
}
