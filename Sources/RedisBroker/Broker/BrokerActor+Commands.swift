public import ServiceQueue

extension BrokerActor {
  /// Carries out a command in one atomic step; see `Broker`. One round trip where the command names its queue, two where not.
  public func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    let queue = try await queue(of: request.command)
    let command = functionCall(for: request, in: queue)
    let reply = try await call(command, named: request.command.name, effect: .change)
    return try await answer(from: reply, in: queue, to: request)
  }

  private func queue(of command: Command) async throws(BrokerError) -> QueueName {
    if case .claimNext(let queue, _) = command { return queue }
    guard let service = command.service else { throw .notUnderstood(command.name) }
    if let queue = service.queue { return queue }
    return switch try await locate(service.id) {
    case .live(let queue): queue
    case .ended(let service, _): service.queue
    }
  }

  private func functionCall(for request: CommandRequest, in queue: QueueName) -> RedisCommand {
    let command = request.command
    let details = CommandDetails(command, defaultLease: configuration.defaultLease)
    let id = command.service?.id
    var call = library.change(command.name, keys: id == nil ? 9 : 10)
    call.append(contentsOf: changeKeys.of(queue))
    let life: Duration
    if let key = request.idempotencyKey {
      call.append(keys.idempotency(kind: "command", owner: request.actor.id, key: key.rawValue))
      life = .seconds(86_400)
    } else {
      call.append(ownIdempotencyKey())
      // As long as the Broker itself may send it again. Renewing twice is no harm.
      life = command.isRenewal ? .zero : configuration.commandTimeout * 2 + .seconds(10)
    }
    if let id { call.append(joined: keys.prefix, "ended:", id.rawValue) }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    call.append(life.milliseconds)
    call.append(request.idempotencyKey == nil ? "-" : details.fingerprint(of: command))
    call.append(RedisCommand.field(request.actor.id))
    call.append(RedisCommand.field(request.actor.name))
    call.append(command.isRemoval ? (request.mayRemoveAny ? "1" : "0") : (request.mayActOnAnyClaim ? "1" : "0"))
    call.append(id?.rawValue ?? "")
    call.append(details.ifVersion)
    call.append(details.fence)
    call.append(details.lease)
    call.append(details.target)
    call.append(details.targetID)
    return call
  }

  /// `OK` or `HEAD`, version, end of the lease, replay, id, record (or for `HEAD` all of it but the rest).
  private func answer(
    from reply: [RedisValue], in queue: QueueName, to request: CommandRequest
  ) async throws(BrokerError) -> CommandAnswer {
    let command = request.command
    guard reply.count == 6, let kind = reply[0].text, let version = reply[1].bytes.flatMap(FieldReader.number),
      let lease = reply[2].bytes, let id = reply[4].text.flatMap({ ServiceID($0) }), var record = reply[5].bytes
    else { throw .notUnderstood(command.name) }
    if kind == "HEAD" {
      let ended = try await execute(RedisCommand("GET", keys.ended(id)), named: "get", effect: .question)
      guard let line = ended.bytes, let (_, whole) = RecordCodec.ended(id, from: line) else {
        throw BrokerError(.notFound, BrokerError.message(for: .notFound, state: nil))
      }
      record += [UInt8(ascii: "\t")] + RecordCodec.rest(of: whole)
    }
    guard let service = RecordCodec.service(id, in: queue, from: record[...]) else {
      throw .notUnderstood(command.name)
    }
    return CommandAnswer(
      service: service, queueVersion: version,
      leaseUntil: FieldReader.number(lease).map { RecordCodec.timestamp($0) },
      // Under the Broker's own key a replay is only its own second attempt.
      isReplay: reply[3].text == "1" && request.idempotencyKey != nil)
  }
}

/// The arguments of a command as the functions take them.
private struct CommandDetails {
  var ifVersion = ""
  var fence = ""
  var lease = "0"
  var target = ""
  var targetID = ""

  init(_ command: Command, defaultLease: LeaseDuration) {
    if let version = command.service?.ifVersion { ifVersion = String(version) }
    func text(_ lease: LeaseDuration?) -> String { String((lease ?? defaultLease).milliseconds) }
    switch command {
    case .claim(_, let lease), .claimNext(_, let lease):
      self.lease = text(lease)
    case .start(_, let fence, let lease), .renew(_, let fence, let lease):
      self.fence = fence.map { String($0) } ?? ""
      self.lease = text(lease)
    case .release(_, let fence), .complete(_, let fence), .noShow(_, let fence):
      self.fence = fence.map { String($0) } ?? ""
    case .move(_, let target):
      switch target {
      case .before(let id): (self.target, targetID) = ("before", id.rawValue)
      case .after(let id): (self.target, targetID) = ("after", id.rawValue)
      case .first: self.target = "first"
      case .last: self.target = "last"
      }
    case .remove: break
    }
  }

  /// Tells one use of an idempotency key from another.
  func fingerprint(of command: Command) -> String {
    let subject: String
    if case .claimNext(let queue, _) = command {
      subject = queue.rawValue
    } else {
      subject = command.service?.id.rawValue ?? ""
    }
    return [command.name, subject, ifVersion, fence, lease, target, targetID].joined(separator: "|")
  }
}

extension Command {
  fileprivate var isRenewal: Bool {
    if case .renew = self { true } else { false }
  }

  fileprivate var isRemoval: Bool {
    if case .remove = self { true } else { false }
  }
}

extension Duration {
  /// Whole milliseconds, cut.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
