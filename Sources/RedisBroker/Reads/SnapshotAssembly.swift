import ServiceQueue

/// Puts a snapshot together from parts that were read one after another, and the events that came meanwhile: it is of exactly
/// one version. Without any I/O.
///
/// Each part is right at its own version. All events from the first part's version on are applied to all that was read, which
/// is right for each service whatever version it was read at: an event tells the whole service, and the last one counts. What is
/// behind the last place that was read is not known and is left out.
struct SnapshotAssembly {
  enum Action: Hashable {
    /// Read services.
    case read(after: ListCursor?, room: PageRoom)
    /// Read the events after this version.
    case readEvents(epoch: Epoch, after: QueueVersion)
    case finished(QueueSnapshot)
    /// What was read does not fit together.
    case beginAnew
  }

  private let limit: Int
  private let mostBytes: Int
  private var items: [ServiceID: ListPart.Item] = [:]
  /// Up to where the events are applied; nil before the first part.
  private var place: EventPositions.Place?
  /// The last place that was read; nil once that is the end of the queue.
  private var cut: ListCursor?
  /// Whether it was for their length that no more services were read.
  private var endsByBytes = false
  /// Services that the last read asked for.
  private var asked: Int
  /// Services that were not read and were given these orders.
  private var strays: [ServiceID: OrderKey] = [:]
  private var steps = 0

  /// Reads of services and of events, at most, before it begins anew.
  static let mostSteps = 48

  init(limit: Int, mostBytes: Int = BrokerLimits.pageBytes) {
    self.limit = limit
    self.mostBytes = mostBytes
    asked = limit
  }

  /// The first thing to do.
  var first: Action { .read(after: nil, room: PageRoom(limit: limit, bytes: mostBytes)) }

  mutating func take(_ part: ListPart) -> Action {
    let place = place ?? EventPositions.Place(epoch: part.summary.epoch, version: part.summary.version)
    guard step(), part.summary.epoch == place.epoch, part.summary.version >= place.version else { return .beginAnew }
    self.place = place
    for item in part.services {
      items[item.service.id] = item
      strays[item.service.id] = nil
    }
    cut = part.next
    endsByBytes = part.isPageFull && part.services.count < asked
    if let more = readOn() { return more }
    if part.summary.version > place.version { return .readEvents(epoch: place.epoch, after: place.version) }
    return settle(part.summary)
  }

  mutating func take(_ part: EventPart) -> Action {
    guard step(), !part.isGone, let epoch = place?.epoch, part.summary.epoch == epoch else { return .beginAnew }
    for item in part.events {
      guard let version = place?.version, item.event.version == version + 1 else { return .beginAnew }
      apply(item)
      place?.version = item.event.version
    }
    guard let version = place?.version, version == part.summary.version || !part.events.isEmpty else {
      return .beginAnew
    }
    if version < part.summary.version { return .readEvents(epoch: epoch, after: version) }
    return settle(part.summary)
  }

  private mutating func step() -> Bool {
    steps += 1
    return steps <= Self.mostSteps
  }

  private mutating func apply(_ item: EventPart.Item) {
    switch item.event.change {
    case .renumbered(let list):
      for new in list {
        if items[new.id] == nil { strays[new.id] = new.order } else { items[new.id]?.service.order = new.order }
      }
    case .mode: break
    case .transferred(let service):
      items[service.id] = nil
      strays[service.id] = nil
    case .added(let service, _), .updated(let service, _), .moved(let service), .claimed(let service),
      .started(let service), .held(let service), .resumed(let service), .returned(let service, _),
      .completed(let service), .noShow(let service), .removed(let service), .dead(let service, _):
      items[service.id] = service.state.isLive ? ListPart.Item(service: service, bytes: item.bytes) : nil
      strays[service.id] = nil
    }
  }

  /// The next read, if anything is left to read and there is room for it.
  private mutating func readOn() -> Action? {
    guard let cut, !endsByBytes, items.count < limit else { return nil }
    var room = PageRoom(limit: limit, bytes: mostBytes)
    room.take(Array(items.values))
    asked = room.entries
    return .read(after: cut, room: room)
  }

  /// All that was read is of the version of `summary`.
  private mutating func settle(_ summary: QueueSummary) -> Action {
    guard !strays.contains(where: { isKnown($1, $0) }) else { return .beginAnew }
    items = items.filter { isKnown($1.service.order, $0) }
    // Some may have left since they were read.
    if let more = readOn() { return more }
    var room = PageRoom(limit: limit, bytes: mostBytes)
    var services: [Service] = []
    for item in items.values.sorted(by: { Service.stands($0.service, before: $1.service) }) {
      guard room.entries > 0, room.isEmpty || item.bytes <= room.bytes else { break }
      room.take([item])
      services.append(item.service)
    }
    return .finished(QueueSnapshot(summary: summary, services: services))
  }

  /// Whether the place is among those that were read.
  private func isKnown(_ order: OrderKey, _ id: ServiceID) -> Bool {
    guard let cut else { return true }
    return order == cut.order ? id <= cut.id : order < cut.order
  }
}
