public import ServiceQueue

extension BrokerActor {
  /// Where a service is.
  enum Location {
    case live(QueueName)
    case ended(Service, record: ArraySlice<UInt8>)
  }

  /// How often a service is looked for that ends, or comes back to life, or goes elsewhere meanwhile.
  private static let attempts = 3
  /// Calls of the function that make one page of a list at most; a filter that finds little answers short pages.
  private static let callsPerPage = 5

  /// The service, live or ended within the last day; throws `notFound` otherwise.
  public func service(_ id: ServiceID) async throws(BrokerError) -> Service {
    for _ in 0..<Self.attempts {
      switch try await locate(id) {
      case .ended(let service, _): return service
      case .live(let queue):
        guard let record = try await liveRecord(of: id, in: queue) else { continue }
        guard let service = RecordCodec.service(id, in: queue, from: record[...]) else {
          throw .notUnderstood("service")
        }
        return service
      }
    }
    throw .nowhere
  }

  /// The record of a service, wherever it is.
  func record(of id: ServiceID) async throws(BrokerError) -> [UInt8] {
    for _ in 0..<Self.attempts {
      switch try await locate(id) {
      case .ended(_, let record): return Array(record)
      case .live(let queue): if let record = try await liveRecord(of: id, in: queue) { return record }
      }
    }
    throw .nowhere
  }

  private func liveRecord(of id: ServiceID, in queue: QueueName) async throws(BrokerError) -> [UInt8]? {
    let command = RedisCommand("HGET", keys.key(.svc, of: queue), id.rawValue)
    return try await execute(command, named: "service", effect: .question).bytes
  }

  func location(of id: ServiceID) -> RedisCommand {
    var command = library.question("locate", keys: 2)
    command.append(keys.index)
    keys.appendEnded(id, to: &command)
    command.append(id.rawValue)
    return command
  }

  func locate(_ id: ServiceID) async throws(BrokerError) -> Location {
    try Self.location(of: id, from: try await execute(location(of: id), named: "locate", effect: .question))
  }

  static func location(of id: ServiceID, from value: RedisValue) throws(BrokerError) -> Location {
    let reply = value.elements ?? []
    switch reply.first?.text {
    case "LIVE" where reply.count == 2:
      if let queue = reply[1].text.flatMap({ QueueName($0) }) { return .live(queue) }
    case "ENDED" where reply.count == 2:
      if let line = reply[1].bytes, let (service, record) = RecordCodec.ended(id, from: line) {
        return .ended(service, record: record)
      }
    case "NONE": throw .nowhere
    default: break
    }
    throw .notUnderstood("locate")
  }

  /// Where a service stands in its queue; throws `notFound` as `service` does.
  public func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition {
    for _ in 0..<Self.attempts {
      switch try await locate(id) {
      case .ended(let service, _): return QueuePosition(service: service, ahead: nil, statistics: nil)
      case .live(let queue):
        do throws(BrokerError) {
          return try await position(of: id, in: queue)
        } catch  where error.code == .notFound || error.code == .unknownQueue {
          continue
        }
      }
    }
    throw .nowhere
  }

  private func position(of id: ServiceID, in queue: QueueName) async throws(BrokerError) -> QueuePosition {
    var command = question("position", about: queue, [.meta, .staff, .times, .svc, .wait, .need])
    command.append(id.rawValue)
    let reply = try await call(command, named: "position", effect: .question)
    let length = Self.summaryLength
    guard reply.count >= length + 3, let record = reply[length].bytes,
      let service = RecordCodec.service(id, in: queue, from: record[...]), let ahead = reply[length + 1].bytes
    else { throw .notUnderstood("position") }
    return QueuePosition(
      service: service, ahead: FieldReader.number(ahead).map { Int($0) },
      statistics: try statistics(of: queue, from: reply, at: length + 2))
  }

  /// A page of the live services in order; see `Broker`. A page may be shorter than the limit, even empty, and yet have a
  /// next one: it looks at 5,000 services at most, and fewer when they are long. It is read in parts: version, epoch,
  /// digest and total are of the moment of the first.
  public func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage {
    guard (1...BrokerLimits.page).contains(query.limit) else {
      throw .outOfBounds("The limit of a page is 1 to \(BrokerLimits.page)")
    }
    let states = query.states.filter(\.isLive)
    if states.isEmpty && !query.states.isEmpty {
      let summary = try await queue(query.queue)
      return ServicePage(
        services: [], next: nil, version: summary.version, epoch: summary.epoch, digest: summary.digest,
        total: summary.total)
    }
    var page = PageRoom(limit: query.limit)
    var part = try await part(of: query.queue, after: query.after, states: states, room: page)
    let summary = part.summary
    var services = part.services.map(\.service)
    for _ in 1..<Self.callsPerPage {
      page.take(part.services)
      guard !part.isPageFull, let next = part.next else { break }
      part = try await self.part(of: query.queue, after: next, states: states, room: page)
      services += part.services.map(\.service)
    }
    return ServicePage(
      services: services, next: part.next, version: summary.version, epoch: summary.epoch, digest: summary.digest,
      total: summary.total)
  }

  /// As much of a list as one call gives.
  func part(
    of queue: QueueName, after cursor: ListCursor?, states: Set<ServiceState> = [], room: PageRoom
  ) async throws(BrokerError) -> ListPart {
    var command = question("list", about: queue, [.meta, .svc, .live, .wait, .need])
    command.append(room.entries)
    command.append(room.bytes)
    command.append(room.isEmpty ? "1" : "0")
    command.append(ListPart.mostLookedAt)
    command.append(cursor.map { String($0.order.ticks) } ?? "")
    command.append(cursor?.id.rawValue ?? "")
    for state in states { command.append(state.rawValue) }
    let reply = try await call(command, named: "list", effect: .question, on: reads)
    let summary = try summary(of: queue, from: reply)
    return try ListPart(reply, after: Self.summaryLength, summary)
  }

  /// The events after `version`; see `Broker`. Without an epoch only the version is compared. Read in parts.
  public func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    guard (1...BrokerLimits.events).contains(limit) else {
      throw .outOfBounds("The limit of a page of events is 1 to \(BrokerLimits.events)")
    }
    guard version < 1 << 53 else { throw .outOfBounds("A version is below 2^53") }
    var page = PageRoom(limit: limit)
    var part = try await eventPart(of: queue, epoch: epoch, after: version, room: page)
    guard !part.isGone else { return .gone(epoch: part.summary.epoch, current: part.summary.version) }
    let epoch = part.summary.epoch
    var current = part.summary.version
    var events = part.events.map(\.event)
    while !part.isPageFull, let last = events.last, last.version < current {
      page.take(part.events)
      part = try await eventPart(of: queue, epoch: epoch, after: last.version, room: page)
      // Those that were read are continuous; who asks for more is told.
      guard !part.isGone, part.summary.epoch == epoch, !part.events.isEmpty else { break }
      events += part.events.map(\.event)
      current = part.summary.version
    }
    return .events(events, epoch: epoch, current: current)
  }

  /// As many events as one call gives.
  func eventPart(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, room: PageRoom
  ) async throws(BrokerError) -> EventPart {
    var command = question("events", about: queue, [.meta, .ev])
    command.append(epoch?.rawValue ?? "")
    command.append(version)
    command.append(room.entries)
    command.append(room.bytes)
    command.append(room.isEmpty ? "1" : "0")
    let reply = try await call(command, named: "events", effect: .question, on: reads)
    return try EventPart(reply, after: Self.summaryLength, try summary(of: queue, from: reply))
  }
}
