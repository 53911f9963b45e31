public import ServiceQueue

extension BrokerActor {
  /// Carries out a command in one atomic step; see `Broker`. One round trip where the command names its queue, two where not.
  public func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    let queue = try await queue(of: request.command)
    let reply = try await call(functionCall(for: request, in: queue), named: request.command.name, effect: .change)
    return try await answer(from: reply, to: request, in: queue)
  }

  /// Carries out several commands, at most `BrokerLimits.commandBatch`, one after another; see `Broker`. First the queues are
  /// looked up that the commands do not name, then all commands are sent at once, in order.
  public func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    guard requests.count <= BrokerLimits.commandBatch else {
      let error = BrokerError.outOfBounds("A batch holds at most \(BrokerLimits.commandBatch) commands; split it")
      return requests.map { _ in .failure(error) }
    }
    let queues = await queues(of: requests.map(\.command))
    var calls: [(command: RedisCommand, name: String)] = []
    for (request, queue) in zip(requests, queues) {
      if case .success(let queue) = queue {
        calls.append((functionCall(for: request, in: queue), request.command.name))
      }
    }
    var replies = await executeAll(calls, effect: .change).makeIterator()
    var results: [Result<CommandAnswer, BrokerError>] = []
    results.reserveCapacity(requests.count)
    for (request, queue) in zip(requests, queues) {
      do throws(BrokerError) {
        let queue = try queue.get()
        guard let reply = try replies.next()?.get().elements else { throw .notUnderstood(request.command.name) }
        results.append(.success(try await answer(from: reply, to: request, in: queue)))
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  private func queue(of command: Command) async throws(BrokerError) -> QueueName {
    if let queue = command.knownQueue { return queue }
    guard let service = command.service else { throw .notUnderstood(command.name) }
    return Self.queue(at: try await locate(service.id))
  }

  private func queues(of commands: [Command]) async -> [Result<QueueName, BrokerError>] {
    let unknown = commands.compactMap { $0.knownQueue == nil ? $0.service?.id : nil }
    let questions = unknown.map { (command: location(of: $0), name: "locate") }
    var found = zip(unknown, await executeAll(questions, effect: .question)).makeIterator()
    return commands.map { command in
      if let queue = command.knownQueue { return .success(queue) }
      return Result { () throws(BrokerError) in
        guard let (id, reply) = found.next() else { throw .notUnderstood(command.name) }
        return Self.queue(at: try Self.location(of: id, from: try reply.get()))
      }
    }
  }

  private static func queue(at location: Location) -> QueueName {
    switch location {
    case .live(let queue): queue
    case .ended(let service, _): service.queue
    }
  }

  func functionCall(for request: CommandRequest, in queue: QueueName) -> RedisCommand {
    let command = request.command
    let arguments = CommandArguments(command, policy: configuration.policy)
    return functionCall(
      command.name, in: queue, by: request.actor, key: request.idempotencyKey, arguments,
      fingerprint: request.idempotencyKey == nil ? "" : arguments.fingerprint(of: command),
      // Renewing twice is no harm.
      isRepeatable: command.isRenewal, mayActOnAny: request.mayActOnAnyClaim)
  }

  /// A call of a function that takes the arguments of commands.
  func functionCall(
    _ function: String, in queue: QueueName, by actor: Principal, key: IdempotencyKey?, _ arguments: CommandArguments,
    fingerprint: String, isRepeatable: Bool = false, mayActOnAny: Bool = false
  ) -> RedisCommand {
    var call = library.change(
      function, keys: 13 + (arguments.id == nil ? 0 : 1) + (arguments.otherQueue == nil ? 0 : 9))
    let front = fronts.of(queue)
    call.append(contentsOf: front.keys)
    if let key {
      call.append(keys.idempotency(kind: "command", owner: actor.id, key: key.rawValue))
    } else {
      appendOwnKey(to: &call)
    }
    if let id = arguments.id { call.append(keys.ended(id)) }
    if let other = arguments.otherQueue { call.append(contentsOf: keys.parts(of: other)) }
    call.append(contentsOf: front.constants)
    call.append(key != nil ? 86_400_000 : isRepeatable ? 0 : ownKeyLife)
    call.append(key == nil ? "-" : fingerprint)
    call.append(RedisCommand.field(actor.id))
    call.append(RedisCommand.field(actor.name))
    call.append(mayActOnAny ? "1" : "0")
    call.append(arguments.id?.rawValue ?? "")
    call.append(arguments.ifVersion)
    call.append(arguments.fence)
    call.append(arguments.duration)
    call.append(arguments.target)
    call.append(arguments.targetID)
    call.append(arguments.isClaim ? actor.skills.description : "")
    if arguments.isClaim, let capacity = actor.capacity ?? configuration.policy.capacity {
      call.append(capacity)
    } else {
      call.append("")
    }
    return call
  }

  /// `OK` or `HEAD`, version, end of the lease, replay, id, record (or for `HEAD` all of it but the rest), epoch, queue.
  private func answer(
    from reply: [RedisValue], to request: CommandRequest, in asked: QueueName
  ) async throws(BrokerError) -> CommandAnswer {
    let command = request.command
    guard reply.count == 8, let version = reply[1].bytes.flatMap(FieldReader.number),
      let lease = reply[2].bytes, let replay = reply[3].bytes,
      let id = reply[4].id(likely: command.service?.id), var record = reply[5].bytes,
      let queue = reply[7].queue(likely: asked)
    else { throw .notUnderstood(command.name) }
    let isReplay = replay.first == UInt8(ascii: "1")
    seen.note(queue, epoch: reply[6], version: isReplay ? 0 : version)
    if isReplay, reply[0].text == "HEAD" {
      record = RecordCodec.record(head: record, restOf: try await self.record(of: id)[...])
    }
    guard let service = RecordCodec.service(id, in: queue, from: record[...]) else {
      throw .notUnderstood(command.name)
    }
    return CommandAnswer(
      service: service, queueVersion: version,
      leaseUntil: FieldReader.number(lease).map { RecordCodec.timestamp($0) },
      // Under the Broker's own key a replay is only its own second attempt.
      isReplay: isReplay && request.idempotencyKey != nil)
  }
}

extension RedisValue {
  /// A service's id; the likely one if it is that.
  fileprivate func id(likely: ServiceID?) -> ServiceID? {
    guard let bytes else { return nil }
    if let likely, bytes.elementsEqual(likely.rawValue.utf8) { return likely }
    return ServiceID(String(decoding: bytes, as: UTF8.self))
  }

  /// The name of a queue; the likely one if it is that.
  fileprivate func queue(likely: QueueName) -> QueueName? {
    guard let bytes else { return nil }
    return bytes.elementsEqual(likely.rawValue.utf8) ? likely : QueueName(String(decoding: bytes, as: UTF8.self))
  }
}

extension Command {
  /// The queue that the command names.
  fileprivate var knownQueue: QueueName? {
    if case .claimNext(let queue, _) = self { queue } else { service?.queue }
  }

  fileprivate var isRenewal: Bool {
    if case .renew = self { true } else { false }
  }
}
