/// One queue of a `SiteModel`: its live services with all that is kept about them, its version and its events.
struct QueueModel: Sendable {
  /// A live service, with what is not a part of it.
  struct Entry: Sendable {
    var service: Service
    /// The end of its lease or hold, or when it is due: milliseconds; nil for a waiting one.
    var timer: Int64?
    /// What it adds to the digest.
    fileprivate var term: UInt64
  }

  let name: QueueName
  var epoch: Epoch
  private(set) var version: QueueVersion = 0
  private(set) var digest = QueueDigest()
  private(set) var counts = StateCounts()
  var mode = QueueMode.open
  /// The ticket that was given last.
  var tickets: UInt64 = 0
  /// The arrival of the last service that came to wait at once, in ticks.
  var lastArrival: Int64 = 0

  private var entries: [ServiceID: Entry] = [:]
  /// All live services by order.
  private(set) var live = RankedIDs()
  /// The waiting ones by order.
  private(set) var waiting = RankedIDs()
  /// Those with a timer by it.
  private(set) var timers = RankedIDs()
  /// How many live services require a set of skills, by its signature; without the empty set.
  private(set) var needs: [String: Int] = [:]

  /// When each employee last claimed, began or ended a service here: milliseconds by user id.
  var staff: [String: Int64] = [:]
  /// The last handling times, newest first, in milliseconds.
  private(set) var times: [Int64] = []

  /// The last events, oldest first: at least `history`, or all there were.
  private(set) var events: [QueueEvent] = []
  private let history: Int

  init(_ name: QueueName, epoch: Epoch, history: Int) {
    self.name = name
    self.epoch = epoch
    self.history = history
  }

  /// The service, if it lives here.
  subscript(_ id: ServiceID) -> Entry? { entries[id] }

  var summary: QueueSummary {
    QueueSummary(queue: name, version: version, epoch: epoch, digest: digest, mode: mode, counts: counts)
  }

  /// The live services in order, from `rank` on, at most `limit`.
  func services(from rank: Int = 0, limit: Int = .max) -> [Service] {
    live.entries.dropFirst(rank).prefix(limit).compactMap { entries[$0.id]?.service }
  }

  /// True when a service that requires this would be one set of skills too many.
  func isFull(for skills: SkillSet) -> Bool {
    !skills.isEmpty && needs[skills.description] == nil && needs.count >= SkillSet.mostPerQueue
  }
}

// Changes. Each keeps the counts, the digest and the sorted lists right.
extension QueueModel {
  /// Puts a live service in, in the place of what it was. `timer` is nil where it waits.
  mutating func put(_ service: Service, timer: Int64?) {
    remove(service.id)
    let term = QueueDigest.term(service)
    entries[service.id] = Entry(service: service, timer: timer, term: term)
    digest = QueueDigest(value: digest.value &+ term)
    counts[service.state] += 1
    live.insert(service.order.ticks, service.id)
    if service.state == .waiting { waiting.insert(service.order.ticks, service.id) }
    if let timer { timers.insert(timer, service.id) }
    if !service.requires.isEmpty { needs[service.requires.description, default: 0] += 1 }
  }

  /// Takes a service out, if it lives here.
  mutating func remove(_ id: ServiceID) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    let service = entry.service
    digest = QueueDigest(value: digest.value &- entry.term)
    counts[service.state] -= 1
    live.remove(service.order.ticks, id)
    if service.state == .waiting { waiting.remove(service.order.ticks, id) }
    if let timer = entry.timer { timers.remove(timer, id) }
    if !service.requires.isEmpty {
      let signature = service.requires.description
      let others = (needs[signature] ?? 0) - 1
      needs[signature] = others > 0 ? others : nil
    }
  }

  /// Sets another end of a lease, which is no change of the queue.
  mutating func setTimer(_ timer: Int64, of id: ServiceID) {
    guard let entry = entries[id] else { return }
    if let former = entry.timer { timers.remove(former, id) }
    timers.insert(timer, id)
    entries[id]?.timer = timer
  }

  /// Counts a handling time.
  mutating func push(time: Int64) {
    times.insert(time, at: 0)
    if times.count > QueueStatistics.mostTimes { times.removeLast() }
  }

  /// Counts the change that was just made, and tells it.
  mutating func emit(_ change: QueueEvent.Change, actor: String, at now: Int64) -> QueueEvent {
    version += 1
    let event = QueueEvent(
      queue: name, epoch: epoch, version: version, digest: digest, at: Timestamp(milliseconds: now), actor: actor,
      change: change)
    events.append(event)
    if events.count >= 2 * history { events.removeFirst(events.count - history) }
    return event
  }

  private static let mostCopied = 500
  private static let block = 100

  /// Forgets the events up to the last that holds personal data of one of these services.
  mutating func forgetPersonal(of ids: Set<ServiceID>) {
    let last = events.lastIndex { event in
      event.change.service.map { $0.personal != nil && ids.contains($0.id) } ?? false
    }
    guard let last else { return }
    events.removeFirst(last + 1)
    // Redis holds events in blocks, and what is taken out of one stays in it: a short stream is copied, a long one loses a block more.
    if events.count > Self.mostCopied { events.removeFirst(Self.block) }
  }

  /// A new epoch, in which there are no events yet.
  mutating func begin(_ epoch: Epoch) {
    self.epoch = epoch
    events = []
  }
}
