public import ServiceQueue

extension BrokerActor {
  /// Where a service is.
  enum Location {
    case live(QueueName)
    case ended(Service, record: ArraySlice<UInt8>)
  }

  /// Services that one call of `list` looks at, at most; a filter that finds little answers short pages.
  private static let mostLookedAt = 5_000

  /// The service, live or ended within the last day; throws `notFound` otherwise.
  public func service(_ id: ServiceID) async throws(BrokerError) -> Service {
    // Between the two questions it may end, or come back to life: then again.
    for _ in 0..<3 {
      switch try await locate(id) {
      case .ended(let service, _): return service
      case .live(let queue):
        let command = RedisCommand("HGET", keys.key(.svc, of: queue), id.rawValue)
        let value = try await execute(command, named: "service", effect: .question)
        guard let record = value.bytes else { continue }
        guard let service = RecordCodec.service(id, in: queue, from: record[...]) else {
          throw .notUnderstood("service")
        }
        return service
      }
    }
    throw BrokerError(.notFound, BrokerError.message(for: .notFound, state: nil))
  }

  func locate(_ id: ServiceID) async throws(BrokerError) -> Location {
    var command = library.question("locate", keys: 2)
    command.append(keys.index)
    command.append(keys.ended(id))
    command.append(id.rawValue)
    let reply = try await call(command, named: "locate", effect: .question)
    switch reply.first?.text {
    case "LIVE" where reply.count == 2:
      if let queue = reply[1].text.flatMap({ QueueName($0) }) { return .live(queue) }
    case "ENDED" where reply.count == 2:
      if let line = reply[1].bytes, let (service, record) = RecordCodec.ended(id, from: line) {
        return .ended(service, record: record)
      }
    case "NONE":
      throw BrokerError(.notFound, BrokerError.message(for: .notFound, state: nil))
    default: break
    }
    throw .notUnderstood("locate")
  }

  /// A page of the live services in order; see `Broker`. A page may be shorter than the limit, even empty, and yet have a
  /// next one: one call looks at 5,000 services, and at 16 MiB, at most.
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
    let onlyWaiting = states == [.waiting]
    var command = question("list", about: query.queue, [.meta, .svc, .live, .wait, onlyWaiting ? .wait : .live])
    command.append(query.limit)
    command.append(Self.mostLookedAt)
    command.append(query.after.map { String($0.order.ticks) } ?? "")
    command.append(query.after?.id.rawValue ?? "")
    if !onlyWaiting { for state in states { command.append(state.rawValue) } }
    let reply = try await call(command, named: "list", effect: .question, on: reads)
    let summary = try Self.summary(of: query.queue, from: reply)
    guard reply.count >= 9, let order = reply[7].bytes, let id = reply[8].text else { throw .notUnderstood("list") }
    var next: ListCursor?
    if let ticks = FieldReader.number(order), let order = OrderKey(Int64(ticks)), let id = ServiceID(id) {
      next = ListCursor(order: order, id: id)
    }
    return ServicePage(
      services: try Self.services(in: query.queue, from: reply.dropFirst(9)), next: next, version: summary.version,
      epoch: summary.epoch, digest: summary.digest, total: summary.total)
  }

  /// The first live services with version, epoch and digest of exactly that moment; see `Broker`.
  public func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    guard (0...BrokerLimits.snapshot).contains(limit) else {
      throw .outOfBounds("The limit of a snapshot is 0 to \(BrokerLimits.snapshot)")
    }
    var command = question("snapshot", about: queue, [.meta, .svc, .live, .wait])
    command.append(limit)
    let reply = try await call(command, named: "snapshot", effect: .question, on: reads)
    let summary = try Self.summary(of: queue, from: reply)
    return QueueSnapshot(summary: summary, services: try Self.services(in: queue, from: reply.dropFirst(7)))
  }

  /// The events after `version`; see `Broker`. Without an epoch only the version is compared.
  public func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage {
    guard (1...BrokerLimits.events).contains(limit) else {
      throw .outOfBounds("The limit of a page of events is 1 to \(BrokerLimits.events)")
    }
    guard version < 1 << 53 else { throw .outOfBounds("A version is below 2^53") }
    var command = question("events", about: queue, [.meta, .ev])
    command.append(epoch?.rawValue ?? "")
    command.append(version)
    command.append(limit)
    let reply = try await call(command, named: "events", effect: .question, on: reads)
    guard reply.count >= 3, let epoch = reply[1].text.flatMap({ Epoch($0) }),
      let current = reply[2].bytes.flatMap(FieldReader.number)
    else { throw .notUnderstood("events") }
    if reply[0].text == "GONE" { return .gone(epoch: epoch, current: current) }
    var events: [QueueEvent] = []
    events.reserveCapacity(reply.count - 3)
    for line in reply.dropFirst(3) {
      guard let event = line.bytes.flatMap(EventCodec.event) else { throw .notUnderstood("events") }
      events.append(event)
    }
    return .events(events, epoch: epoch, current: current)
  }

  /// Id and record of each.
  private static func services(
    in queue: QueueName, from reply: ArraySlice<RedisValue>
  ) throws(BrokerError) -> [Service] {
    var services: [Service] = []
    services.reserveCapacity(reply.count / 2)
    for index in stride(from: reply.startIndex, to: reply.endIndex - 1, by: 2) {
      guard let id = reply[index].text.flatMap({ ServiceID($0) }), let record = reply[index + 1].bytes,
        let service = RecordCodec.service(id, in: queue, from: record[...])
      else { throw .notUnderstood("list") }
      services.append(service)
    }
    return services
  }
}
