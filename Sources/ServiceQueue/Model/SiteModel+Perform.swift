extension SiteModel {
  /// Carries out a command; see `Broker.perform`.
  public mutating func perform(_ request: CommandRequest, at now: Int64) throws(BrokerError) -> CommandAnswer {
    forget(at: now)
    let queue = try queue(of: request.command, at: now)
    guard queues[queue] != nil else { throw .refusal(.unknownQueue) }
    let key = request.idempotencyKey.map {
      RememberedKey(kind: .command, owner: request.actor.id, key: $0.rawValue)
    }
    let content = Remembered.Content.command(request.command.content(policy))
    if case .performed(let answer)? = try earlier(key, content, at: now) {
      var service = answer.service
      // The personal data are not remembered, so that erasing them where the service is now is enough.
      if let present = try? self.service(service.id, at: now) { service.personal = present.personal }
      return CommandAnswer(
        service: service, queueVersion: answer.queueVersion, leaseUntil: answer.leaseUntil, isReplay: true)
    }
    do throws(BrokerError) {
      let step = CommandStep(request: request, queue: queue, now: now)
      let done = try carryOut(request.command, step)
      let answer = CommandAnswer(
        service: done.service, queueVersion: queues[done.service.queue]?.version ?? 0,
        leaseUntil: done.leaseUntil.map { Timestamp(milliseconds: $0) }, isReplay: false)
      remember(.performed(answer), of: content, for: key, at: now)
      return answer
    } catch {
      remember(.refused(error), of: content, for: key, at: now)
      throw error
    }
  }

  /// Carries out several commands, one after another; see `Broker.performAll`.
  public mutating func performAll(
    _ requests: [CommandRequest], at now: Int64
  ) -> [Result<CommandAnswer, BrokerError>] {
    requests.map { request in
      Result { () throws(BrokerError) in try perform(request, at: now) }
    }
  }

  /// The queue that the command names, or that its service is or was in.
  private func queue(of command: Command, at now: Int64) throws(BrokerError) -> QueueName {
    if case .claimNext(let queue, _) = command { return queue }
    guard let ref = command.service else { throw .refusal(.notFound) }
    if let named = ref.queue { return named }
    guard let queue = index[ref.id] ?? ended.value(for: ref.id, at: now)?.queue else { throw .refusal(.notFound) }
    return queue
  }

  private mutating func carryOut(_ command: Command, _ step: CommandStep) throws(BrokerError) -> CommandResult {
    switch command {
    case .claim(let ref, let lease):
      try claim(try find(ref, in: [.waiting], step), lease, step)
    case .claimNext(_, let lease):
      try claimNext(lease, step)
    case .assign(let ref, let employee, let fence, let lease):
      try assign(try find(ref, in: [.waiting, .claimed, .serving, .onHold], step), to: employee, fence, lease, step)
    case .start(let ref, let fence, let lease):
      start(try findHeld(ref, in: [.claimed], fence, step), lease, step)
    case .renew(let ref, let fence, let lease):
      renew(try findHeld(ref, in: [.claimed, .serving], fence, step), lease, step)
    case .hold(let ref, let fence, let hold):
      self.hold(try findHeld(ref, in: [.claimed, .serving], fence, step), hold, step)
    case .resume(let ref, let fence, let lease):
      try resume(try findHeld(ref, in: [.onHold], fence, step), lease, step)
    case .release(let ref, let fence):
      release(try findHeld(ref, in: [.claimed, .serving, .onHold], fence, step), step)
    case .complete(let ref, let fence):
      complete(try findHeld(ref, in: [.serving], fence, step), step)
    case .noShow(let ref, let fence):
      noShow(try findHeld(ref, in: [.claimed, .serving, .onHold], fence, step), step)
    case .reinstate(let ref):
      try reinstate(ref, step)
    case .move(let ref, let target):
      try move(try find(ref, in: [.waiting], step), to: target, step)
    case .reprioritise(let ref, let priority):
      reprioritise(try find(ref, in: [.waiting, .scheduled], step), priority, step)
    case .transfer(let ref, let target, let fence):
      try transfer(try findToTransfer(ref, fence, step), to: target, step)
    case .remove(let ref):
      try remove(try find(ref, in: Self.liveStates, step), step)
    }
  }

  private static let liveStates = Set(ServiceState.allCases.filter(\.isLive))
}

/// A command being carried out.
struct CommandStep {
  let request: CommandRequest
  let queue: QueueName
  /// Milliseconds.
  let now: Int64

  var actor: Principal { request.actor }
  var at: Timestamp { Timestamp(milliseconds: now) }
}

/// What a command has done.
struct CommandResult {
  let service: Service
  /// The end of the lease, where the command began or renewed it: milliseconds.
  var leaseUntil: Int64?
}
