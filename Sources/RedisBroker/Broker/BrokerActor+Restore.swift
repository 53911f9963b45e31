public import ServiceQueue

extension BrokerActor {
  /// Services in one call of the function, which holds up Redis for that long.
  private static let restoredPerCall = 25

  /// Holds what the history knows against Redis; see `Broker`. Services that follow one another and are of one queue go to Redis
  /// together.
  public func restore(_ services: [Service]) async throws(BrokerError) -> [RestoreOutcome] {
    guard services.count <= BrokerLimits.restoreBatch else {
      throw .outOfBounds("At most \(BrokerLimits.restoreBatch) services are restored at one time; split them")
    }
    var chunks: [ArraySlice<Service>] = []
    var rest = services[...]
    while let queue = rest.first?.queue {
      let chunk = rest.prefix(Self.restoredPerCall).prefix { $0.queue == queue }
      chunks.append(chunk)
      rest = rest.dropFirst(chunk.count)
    }
    var outcomes: [RestoreOutcome] = []
    for (chunk, result) in zip(chunks, await executeAll(chunks.map(restoration), named: "restore", effect: .change)) {
      switch result {
      case .success(let value): outcomes += try self.outcomes(of: chunk, from: value.elements ?? [])
      case .failure(let error) where error.code == .unknownQueue:
        outcomes += chunk.map { _ in .refused(error) }
      case .failure(let error): throw error
      }
    }
    return outcomes
  }

  private func restoration(of services: ArraySlice<Service>) -> RedisCommand {
    guard let queue = services.first?.queue else { return RedisCommand() }
    var call = RedisCommand(front: fronts.of(queue).call("restore", keys: 12 + services.count), capacity: 4_096)
    for service in services { keys.appendEnded(service.id, to: &call) }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    for service in services {
      call.append(service.id.rawValue)
      call.append(RecordCodec.record(service))
    }
    return call
  }

  /// `OK`, epoch, version, then for each service `K` and nothing, `W` or `E` and the record, or `R` and a code.
  private func outcomes(
    of services: ArraySlice<Service>, from reply: [RedisValue]
  ) throws(BrokerError) -> [RestoreOutcome] {
    guard reply.count == 3 + 2 * services.count, let queue = services.first?.queue,
      let version = reply[2].bytes.flatMap(FieldReader.number)
    else { throw .notUnderstood("restore") }
    if let epoch = reply[1].text.flatMap({ Epoch($0) }) { seen.note(queue, epoch, version) }
    var outcomes: [RestoreOutcome] = []
    for (number, service) in services.enumerated() {
      let told = reply[4 + 2 * number].bytes ?? []
      let present = RecordCodec.service(service.id, in: queue, from: told[...])
      let code = BrokerError.Code(rawValue: String(decoding: told, as: UTF8.self))
      switch (reply[3 + 2 * number].text, present, code) {
      case ("K", _, _): outcomes.append(.known)
      case ("W", .some(let present), _): outcomes.append(.restored(present))
      case ("E", .some(let present), _): outcomes.append(.ended(present))
      case ("R", _, .some(let code)):
        outcomes.append(.refused(.refusal(code)))
      default: throw .notUnderstood("restore")
      }
    }
    return outcomes
  }
}
