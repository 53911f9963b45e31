import ServiceQueue
import Testing

/// A client's copy of a queue, built from a snapshot and events alone.
struct QueueCopy {
  private(set) var version: QueueVersion
  private(set) var digest: QueueDigest
  private var services: [ServiceID: Service]
  private(set) var renumberings = 0

  init(_ snapshot: QueueSnapshot) {
    version = snapshot.summary.version
    digest = snapshot.summary.digest
    services = Dictionary(uniqueKeysWithValues: snapshot.services.map { ($0.id, $0) })
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
      #expect(list.count <= 4_096)
      for item in list { services[item.id]?.order = item.order }
      if thoroughly { #expect(sorted.map(\.id) == before) }
    case .added(let service), .moved(let service), .claimed(let service), .started(let service),
      .returned(let service, _), .completed(let service), .noShow(let service), .removed(let service):
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
