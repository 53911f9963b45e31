import ServiceQueue
import SwiftProtobuf

extension WireQueueSummary {
  init(_ summary: QueueSummary) {
    self.init()
    queue = summary.queue.rawValue
    version = summary.version
    epoch = summary.epoch.rawValue
    digest = summary.digest.value
    mode = WireQueueMode(summary.mode)
    counts = .with {
      $0.scheduled = UInt64(clamping: summary.counts.scheduled)
      $0.waiting = UInt64(clamping: summary.counts.waiting)
      $0.claimed = UInt64(clamping: summary.counts.claimed)
      $0.serving = UInt64(clamping: summary.counts.serving)
      $0.onHold = UInt64(clamping: summary.counts.onHold)
    }
  }

  func domain() throws(Unreadable) -> QueueSummary {
    var found = StateCounts()
    found.scheduled = try counts.scheduled.count("counts")
    found.waiting = try counts.waiting.count("counts")
    found.claimed = try counts.claimed.count("counts")
    found.serving = try counts.serving.count("counts")
    found.onHold = try counts.onHold.count("counts")
    return QueueSummary(
      queue: try QueueName(wire: queue), version: version, epoch: try Epoch(wire: epoch),
      digest: QueueDigest(value: digest), mode: try mode.domain(), counts: found)
  }
}

extension WireQueueStatistics {
  init(_ statistics: QueueStatistics) {
    self.init()
    summary = WireQueueSummary(statistics.summary)
    activeEmployees = UInt64(clamping: statistics.activeEmployees)
    handlingTimes = statistics.handlingTimes
  }

  func domain() throws(Unreadable) -> QueueStatistics {
    QueueStatistics(
      summary: try summary.domain(), activeEmployees: try activeEmployees.count("active_employees"),
      handlingTimes: handlingTimes)
  }
}

extension WireQueuePosition {
  init(_ position: QueuePosition) {
    self.init()
    service = WireService(position.service)
    if let number = position.ahead { ahead = UInt64(clamping: number) }
    if let found = position.statistics { statistics = WireQueueStatistics(found) }
  }

  func domain() throws(Unreadable) -> QueuePosition {
    QueuePosition(
      service: try service.domain(), ahead: hasAhead ? try ahead.count("ahead") : nil,
      statistics: hasStatistics ? try statistics.domain() : nil)
  }
}

extension WireListCursor {
  init(_ cursor: ListCursor) {
    self.init()
    order = cursor.order.ticks
    id = cursor.id.rawValue
  }

  func domain() throws(Unreadable) -> ListCursor {
    ListCursor(order: try OrderKey(wire: order), id: try ServiceID(wire: id))
  }
}

extension WireListServicesRequest {
  init(_ query: ServiceListQuery) {
    self.init()
    queue = query.queue.rawValue
    states = ServiceState.allCases.filter(query.states.contains).map(WireServiceState.init)
    if let place = query.after { after = WireListCursor(place) }
    limit = UInt32(clamping: query.limit)
  }

  func domain() throws(Unreadable) -> ServiceListQuery {
    ServiceListQuery(
      queue: try QueueName(wire: queue),
      states: Set(try states.reading { (state) throws(Unreadable) in try state.domain() }),
      after: hasAfter ? try after.domain() : nil, limit: Int(limit))
  }
}

extension WireServicePage {
  init(_ page: ServicePage) {
    self.init()
    services = page.services.map(WireService.init)
    if let place = page.next { next = WireListCursor(place) }
    version = page.version
    epoch = page.epoch.rawValue
    digest = page.digest.value
    total = UInt64(clamping: page.total)
  }

  func domain() throws(Unreadable) -> ServicePage {
    ServicePage(
      services: try services.reading { (service) throws(Unreadable) in try service.domain() },
      next: hasNext ? try next.domain() : nil, version: version, epoch: try Epoch(wire: epoch),
      digest: QueueDigest(value: digest), total: try total.count("total"))
  }
}

extension WireQueueSnapshot {
  init(_ snapshot: QueueSnapshot) {
    self.init()
    summary = WireQueueSummary(snapshot.summary)
    services = snapshot.services.map(WireService.init)
  }

  func domain() throws(Unreadable) -> QueueSnapshot {
    QueueSnapshot(
      summary: try summary.domain(),
      services: try services.reading { (service) throws(Unreadable) in try service.domain() })
  }
}
