import RedisBroker
import ServiceQueue
import Testing

/// A client's copy of a queue, built from a snapshot and events alone.
struct QueueCopy {
  private(set) var version: QueueVersion
  private(set) var digest: QueueDigest
  private var services: [ServiceID: Service]
  private(set) var renumberings = 0
  private(set) var mode: QueueMode

  init(_ snapshot: QueueSnapshot) {
    version = snapshot.summary.version
    digest = snapshot.summary.digest
    mode = snapshot.summary.mode
    services = Dictionary(uniqueKeysWithValues: snapshot.services.map { ($0.id, $0) })
  }

  /// How many there are in each state.
  var counts: StateCounts { services.values.reduce(into: StateCounts()) { $0[$1.state] += 1 } }

  /// True when it is what `snapshot` says.
  func isEqual(to snapshot: QueueSnapshot) -> Bool {
    let summary = snapshot.summary
    return version == summary.version && digest == summary.digest && mode == summary.mode && counts == summary.counts
      && sorted == snapshot.services && QueueDigest(of: snapshot.services) == digest
  }

  /// The services in order.
  var sorted: [Service] { services.values.sorted { Service.stands($0, before: $1) } }

  /// Applies the next event and checks that it is the next; `thoroughly` also that its digest is right and that a
  /// renumbering keeps the order, which takes a look at all services.
  mutating func apply(_ event: QueueEvent, thoroughly: Bool = true) {
    #expect(event.version == version + 1)
    version = event.version
    switch event.change {
    case .renumbered(let list):
      renumberings += 1
      let before = thoroughly ? sorted.map(\.id) : []
      #expect(list.count <= 1_024)
      for item in list { services[item.id]?.order = item.order }
      if thoroughly { #expect(sorted.map(\.id) == before) }
    case .mode(let new): mode = new
    case .transferred(let service):
      #expect(service.queue != event.queue)
      services[service.id] = nil
    case .added(let service, _), .updated(let service, _), .moved(let service), .claimed(let service),
      .started(let service), .held(let service), .resumed(let service), .returned(let service, _),
      .completed(let service), .noShow(let service), .removed(let service), .dead(let service, _):
      #expect(service.queue == event.queue)
      services[service.id] = service.state.isLive ? service : nil
    }
    digest = event.digest
    if thoroughly { #expect(digest == QueueDigest(of: services.values)) }
  }
}

extension Broker {
  /// All events of the queue after `version`, page by page.
  func allEvents(of queue: QueueName, after version: QueueVersion = 0) async throws -> [QueueEvent] {
    var all: [QueueEvent] = []
    while true {
      guard
        case .events(let page, _, _) = try await events(
          of: queue, epoch: nil, after: all.last?.version ?? version, limit: BrokerLimits.events)
      else {
        Issue.record("gone")
        return all
      }
      if page.isEmpty { return all }
      all += page
    }
  }
}

/// Holds a copy that is built from all events of the queue, from its beginning, against the queue.
func expectEventsTellAll(
  of queue: String = "a", _ broker: BrokerActor, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let queue = try queueName(queue)
  let snapshot = try await broker.snapshot(of: queue, limit: BrokerLimits.snapshot)
  var copy = QueueCopy(
    QueueSnapshot(
      summary: QueueSummary(
        queue: queue, version: 0, epoch: snapshot.summary.epoch, digest: QueueDigest(), mode: .open,
        counts: StateCounts()),
      services: []))
  let events = try await broker.allEvents(of: queue)
  for event in events { copy.apply(event, thoroughly: events.count < 300) }
  #expect(copy.isEqual(to: snapshot), sourceLocation: sourceLocation)
}
