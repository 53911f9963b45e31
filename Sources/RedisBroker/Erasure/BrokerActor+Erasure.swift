public import ServiceQueue

extension BrokerActor {
  /// How often services are looked for that go elsewhere meanwhile.
  private static let attempts = 5

  /// Erases the personal data of services; see `Broker`. First the services, so that no later event holds any, then the events.
  public func erase(
    _ ids: [ServiceID], seenIn queues: Set<QueueName>
  ) async throws(BrokerError) -> Set<ServiceID> {
    guard ids.count <= BrokerLimits.eraseBatch else {
      throw .outOfBounds("At most \(BrokerLimits.eraseBatch) services are erased at one time; split them")
    }
    var erased: Set<ServiceID> = []
    var places = queues
    var left = ids
    for _ in 0..<Self.attempts where !left.isEmpty {
      let homes = try await homes(of: left)
      places.formUnion(homes.keys)
      left = try await erase(homes, &erased)
    }
    guard left.isEmpty else {
      throw BrokerError(.overloaded, "Services are being transferred all the time; some are not erased, try again")
    }
    for queue in places.sorted() { try await forgetEvents(withPersonalDataOf: ids, in: queue) }
    return erased
  }

  /// The services that are live or have ended, by their queues.
  private func homes(of ids: [ServiceID]) async throws(BrokerError) -> [QueueName: [ServiceID]] {
    var homes: [QueueName: [ServiceID]] = [:]
    let answers = await executeAll(ids.map(location), named: "locate", effect: .question)
    for (id, answer) in zip(ids, answers) {
      do throws(BrokerError) {
        switch try Self.location(of: id, from: try answer.get()) {
        case .live(let queue): homes[queue, default: []].append(id)
        case .ended(let service, _): homes[service.queue, default: []].append(id)
        }
      } catch  where error.code == .notFound {
        continue
      }
    }
    return homes
  }

  /// Answers those that live in another queue by now.
  private func erase(
    _ homes: [QueueName: [ServiceID]], _ erased: inout Set<ServiceID>
  ) async throws(BrokerError) -> [ServiceID] {
    let groups = homes.sorted { $0.key < $1.key }
    let calls = groups.map { erasure(of: $0.value, in: $0.key) }
    var moved: [ServiceID] = []
    for (group, answer) in zip(groups, await executeAll(calls, named: "erase", effect: .change)) {
      let reply = try answer.get().elements ?? []
      guard reply.count == 3 + group.value.count, let version = reply[2].bytes.flatMap(FieldReader.number) else {
        throw .notUnderstood("erase")
      }
      if let epoch = reply[1].text.flatMap({ Epoch($0) }) { seen.note(group.key, epoch, version) }
      for (id, told) in zip(group.value, reply[3...]) {
        switch told.text {
        case "E": erased.insert(id)
        case "M": moved.append(id)
        case "K": break
        default: throw .notUnderstood("erase")
        }
      }
    }
    return moved
  }

  private func erasure(of ids: [ServiceID], in queue: QueueName) -> RedisCommand {
    var call = RedisCommand(
      front: fronts.of(queue).call("erase", keys: 12 + ids.count), capacity: 128 + 160 * ids.count)
    for id in ids { keys.appendEnded(id, to: &call) }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    for id in ids { call.append(id.rawValue) }
    return call
  }

  /// Events go from the oldest on: who is behind starts again from a snapshot.
  private func forgetEvents(withPersonalDataOf ids: [ServiceID], in queue: QueueName) async throws(BrokerError) {
    var next: QueueVersion? = 0
    var last: QueueVersion?
    while let from = next {
      var command = question("find_personal", about: queue, [.ev])
      command.append(from)
      for id in ids { command.append(id.rawValue) }
      let reply = try await call(command, named: "find_personal", effect: .question, on: reads)
      guard reply.count == 3, let found = reply[1].bytes, let following = reply[2].bytes else {
        throw .notUnderstood("find_personal")
      }
      last = FieldReader.number(found) ?? last
      next = FieldReader.number(following)
    }
    if let last { try await clean(stream: keys.key(.ev, of: queue), from: last + 1) }
  }

  /// Nothing is left of what was before `version`, nor of what was taken out earlier.
  func clean(stream: String, from version: QueueVersion) async throws(BrokerError) {
    var command = library.change("clean_stream", keys: 1)
    command.append(stream)
    command.append(version)
    _ = try await call(command, named: "clean_stream", effect: .change)
  }
}
