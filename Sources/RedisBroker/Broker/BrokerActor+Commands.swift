public import ServiceQueue

extension BrokerActor {
  /// Carries out a command in one atomic step; see `Broker`. One round trip where the command names its queue, two where not.
  public func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    let queue: QueueName
    if let known = request.command.knownQueue {
      queue = known
    } else {
      queue = try await self.queue(of: request.command)
    }
    let began = clock.now
    // Without `reply`, as every function that is awaited costs a look at where to go on.
    let pending = send(functionCall(for: request, in: queue), effect: .change, began: began)
    let outcome = await withUnsafeContinuation { pending.resume($0) }
    let reply = try finish(outcome, named: request.command.name, began: began)
    if let answer = try answer(from: reply, to: request, in: queue) { return answer }
    return try await answer(fromHeadIn: reply, to: request, in: queue)
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
    var replies = await replies(to: calls, effect: .change).makeIterator()
    var results: [Result<CommandAnswer, BrokerError>] = []
    results.reserveCapacity(requests.count)
    for (request, queue) in zip(requests, queues) {
      do throws(BrokerError) {
        let queue = try queue.get()
        guard let reply = try replies.next()?.get() else { throw .notUnderstood(request.command.name) }
        if let answer = try answer(from: reply, to: request, in: queue) {
          results.append(.success(answer))
        } else {
          results.append(.success(try await answer(fromHeadIn: reply, to: request, in: queue)))
        }
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  private func queue(of command: Command) async throws(BrokerError) -> QueueName {
    guard let service = command.service else { throw .notUnderstood(command.name) }
    return Self.queue(at: try await locate(service.id))
  }

  private func queues(of commands: [Command]) async -> [Result<QueueName, BrokerError>] {
    let unknown = commands.compactMap { $0.knownQueue == nil ? $0.service?.id : nil }
    let questions = unknown.map { (command: location(of: $0), name: "locate") }
    var found = zip(unknown, await replies(to: questions, effect: .question)).makeIterator()
    return commands.map { command in
      if let queue = command.knownQueue { return .success(queue) }
      return Result { () throws(BrokerError) in
        guard let (id, reply) = found.next() else { throw .notUnderstood(command.name) }
        return Self.queue(at: try Self.location(of: id, from: try reply.get().value))
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
    let front = fronts.of(queue)
    var call = RedisCommand(
      front: front.call(function, keys: 13 + (arguments.id == nil ? 0 : 1) + (arguments.otherQueue == nil ? 0 : 9)),
      capacity: front.constants.length + (arguments.otherQueue == nil ? 448 : 1_024))
    if let key {
      keys.appendIdempotency(kind: "command", owner: actor.id, key: key.rawValue, to: &call)
    } else {
      appendOwnKey(to: &call)
    }
    if let id = arguments.id { keys.appendEnded(id, to: &call) }
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
    appendAbilities(arguments.claimant, actor, to: &call)
    return call
  }

  /// Skills and capacity of whose claim it will be.
  private func appendAbilities(_ claimant: CommandArguments.Claimant?, _ actor: Principal, to call: inout RedisCommand)
  {
    let capacity: Int?
    switch claimant {
    case .actor:
      call.append(actor.skills.description)
      capacity = actor.capacity ?? configuration.policy.capacity
    case .employee(let employee):
      call.append(employee.mayActOnAnyClaim ? "*" : employee.skills.description)
      capacity = employee.capacity ?? configuration.policy.capacity
    case nil:
      call.append("")
      capacity = nil
    }
    if let capacity { call.append(capacity) } else { call.append("") }
  }

  /// `OK` or `HEAD`, version, end of the lease, replay, id, record (or for `HEAD` all of it but the rest), epoch, queue. Nil for `HEAD`.
  private func answer(
    from reply: RedisReply, to request: CommandRequest, in asked: QueueName
  ) throws(BrokerError) -> CommandAnswer? {
    let likely = request.command.service?.id
    guard reply.count == 8, let version = reply.number(1), let lease = reply.optionalNumber(2),
      let id = reply.id(4, likely: likely), let queue = reply.queue(7, likely: asked)
    else { throw .notUnderstood(request.command.name) }
    let isReplay = reply.element(3, is: "1")
    seen.note(queue, epochIn: reply, at: 6, version: isReplay ? 0 : version)
    // Under the Broker's own key a replay is only its own second attempt.
    let isRepeated = isReplay && request.idempotencyKey != nil
    if isReplay, reply.element(0, is: "HEAD") { return nil }
    guard let service = reply.withElement(5, { RecordCodec.service(id, in: queue, from: $0) }) ?? nil else {
      throw .notUnderstood(request.command.name)
    }
    if !isRepeated { queueMetrics.performed(request.command, service) }
    return CommandAnswer(
      service: service, queueVersion: version, leaseUntil: lease.map(RecordCodec.timestamp), isReplay: isRepeated)
  }

  /// A repeated answer, whose record's rest must be looked for.
  private func answer(
    fromHeadIn reply: RedisReply, to request: CommandRequest, in asked: QueueName
  ) async throws(BrokerError) -> CommandAnswer {
    guard let version = reply.number(1), let lease = reply.optionalNumber(2), let head = reply.bytes(5),
      let id = reply.id(4, likely: request.command.service?.id), let queue = reply.queue(7, likely: asked)
    else { throw .notUnderstood(request.command.name) }
    let record = RecordCodec.record(head: head, restOf: try await record(of: id)[...])
    guard let service = RecordCodec.service(id, in: queue, from: record[...]) else {
      throw .notUnderstood(request.command.name)
    }
    return CommandAnswer(
      service: service, queueVersion: version, leaseUntil: lease.map(RecordCodec.timestamp),
      isReplay: request.idempotencyKey != nil)
  }
}

extension RedisReply {
  /// A service's id; the likely one if it is that.
  fileprivate func id(_ index: Int, likely: ServiceID?) -> ServiceID? {
    if let likely, element(index, is: likely.rawValue) { return likely }
    return text(index).flatMap { ServiceID($0) }
  }

  /// The name of a queue; the likely one if it is that.
  fileprivate func queue(_ index: Int, likely: QueueName) -> QueueName? {
    element(index, is: likely.rawValue) ? likely : text(index).flatMap { QueueName($0) }
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
