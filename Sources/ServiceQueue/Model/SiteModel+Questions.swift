// Questions, which change nothing.
extension SiteModel {
  /// Every queue, by name.
  public var summaries: [QueueSummary] { queues.values.map(\.summary).sorted { $0.queue < $1.queue } }

  /// One queue; throws `unknownQueue`.
  public func summary(of queue: QueueName) throws(BrokerError) -> QueueSummary { try self.queue(queue).summary }

  /// The first `limit` live services, with the queue at that moment.
  public func snapshot(of queue: QueueName, limit: Int) throws(BrokerError) -> QueueSnapshot {
    let queue = try self.queue(queue)
    return QueueSnapshot(summary: queue.summary, services: queue.services(limit: limit))
  }

  /// A page of the live services in order. There is a next one when the page is full and anything follows, be it in a state that
  /// is not asked for; only those who ask for the waiting ones alone are told exactly.
  public func list(_ query: ServiceListQuery) throws(BrokerError) -> ServicePage {
    let queue = try self.queue(query.queue)
    let states = query.states.filter(\.isLive)
    let isInVain = states.isEmpty && !query.states.isEmpty
    let walk = isInVain ? [] : states == [.waiting] ? queue.waiting.entries : queue.live.entries
    var services: [Service] = []
    var next: ListCursor?
    for entry in walk {
      if let after = query.after, !stands(after, before: entry) { continue }
      if services.count == query.limit {
        next = services.last.map { ListCursor(order: $0.order, id: $0.id) }
        break
      }
      guard let service = queue[entry.id]?.service, states.isEmpty || states.contains(service.state) else { continue }
      services.append(service)
    }
    return ServicePage(
      services: services, next: next, version: queue.version, epoch: queue.epoch, digest: queue.digest,
      total: queue.live.count)
  }

  /// The service, live or ended within the last day; throws `notFound` otherwise.
  public func service(_ id: ServiceID, at now: Int64) throws(BrokerError) -> Service {
    if let queue = index[id], let service = queues[queue]?[id]?.service { return service }
    guard let past = ended.value(for: id, at: now) else { throw .refusal(.notFound) }
    return past
  }

  /// Where a service stands in its queue; throws `notFound` as `service` does.
  public func position(of id: ServiceID, at now: Int64) throws(BrokerError) -> QueuePosition {
    let service = try service(id, at: now)
    guard service.state.isLive, let queue = queues[service.queue] else {
      return QueuePosition(service: service, ahead: nil, statistics: nil)
    }
    let ahead = service.state == .waiting ? queue.waiting.rank(service.order.ticks, id) : nil
    return QueuePosition(service: service, ahead: ahead, statistics: try statistics(of: service.queue, at: now))
  }

  /// A queue's recent work; throws `unknownQueue`.
  public func statistics(of queue: QueueName, at now: Int64) throws(BrokerError) -> QueueStatistics {
    let queue = try self.queue(queue)
    let active = queue.staff.values.count { $0 > now - QueueStatistics.activeWithin }
    return QueueStatistics(summary: queue.summary, activeEmployees: active, handlingTimes: queue.times)
  }

  /// The events after `version`, oldest first, at most `limit`; see `Broker.events`.
  public func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) throws(BrokerError) -> EventPage {
    let queue = try self.queue(queue)
    let isKnown = version == queue.version || queue.events.first.map { $0.version <= version + 1 } ?? false
    guard epoch ?? queue.epoch == queue.epoch, version <= queue.version, isKnown else {
      return .gone(epoch: queue.epoch, current: queue.version)
    }
    // They have no gaps, so the first that is missing is as far from the end as its version from the present one.
    let missing = queue.events.suffix(Int(queue.version - version)).prefix(limit)
    return .events(Array(missing), epoch: queue.epoch, current: queue.version)
  }
}

extension SiteModel {
  private func stands(_ cursor: ListCursor, before entry: RankedIDs.Entry) -> Bool {
    cursor.order.ticks == entry.number ? cursor.id < entry.id : cursor.order.ticks < entry.number
  }
}
