// Claims, from their beginning to their end.
extension SiteModel {
  mutating func claim(_ service: Service, _ lease: LeaseDuration?, _ step: CommandStep) throws(BrokerError)
    -> CommandResult
  {
    try take(service, for: step.actor, lease, step)
  }

  /// To an employee, whoever has it: who had it has no claim any more, and what was begun begins anew.
  mutating func assign(
    _ service: Service, to employee: Principal, _ fence: QueueVersion?, _ lease: LeaseDuration?, _ step: CommandStep
  ) throws(BrokerError) -> CommandResult {
    guard step.request.mayActOnAnyClaim else { throw .refusal(.notOwner, service.state) }
    if service.state != .waiting {
      try checkHolder(of: service, fence, step)
      guard service.assignee?.id != employee.id else { throw .refusal(.badTarget, service.state) }
    }
    return try take(service, for: employee, lease, step)
  }

  mutating func claimNext(_ lease: LeaseDuration?, _ step: CommandStep) throws(BrokerError) -> CommandResult {
    guard queues[step.queue]?.mode != .paused else { throw .refusal(.queuePaused) }
    try checkCapacity(of: step.actor, nil)
    guard let first = firstWaiting(for: step.actor.skills, in: step.queue) else { throw .refusal(.queueEmpty) }
    return give(first, to: step.actor, lease, step)
  }

  private func firstWaiting(for skills: SkillSet, in name: QueueName) -> Service? {
    guard let queue = queues[name] else { return nil }
    for entry in queue.waiting.entries {
      if let service = queue[entry.id]?.service, skills.covers(service.requires) { return service }
    }
    return nil
  }

  /// As far as the employee may have it.
  private mutating func take(
    _ service: Service, for employee: Principal, _ lease: LeaseDuration?, _ step: CommandStep
  ) throws(BrokerError) -> CommandResult {
    guard service.state != .waiting || queues[step.queue]?.mode != .paused else {
      throw .refusal(.queuePaused, service.state)
    }
    guard employee.mayActOnAnyClaim || employee.skills.covers(service.requires) else {
      throw .refusal(.missingSkill, service.state)
    }
    try checkCapacity(of: employee, service.state)
    return give(service, to: employee, lease, step)
  }

  private mutating func give(
    _ service: Service, to employee: Principal, _ lease: LeaseDuration?, _ step: CommandStep
  ) -> CommandResult {
    var after = service.changed()
    after.forgetClaim()
    after.state = .claimed
    after.assignee = Assignee(id: employee.id, name: employee.name)
    after.fence = (queues[step.queue]?.version ?? 0) + 1
    after.claimedAt = step.at
    queues[step.queue]?.staff[employee.id] = step.now
    return underLease(after, lease, step, as: QueueEvent.Change.claimed)
  }

  mutating func start(_ service: Service, _ lease: LeaseDuration?, _ step: CommandStep) -> CommandResult {
    var after = service.changed()
    after.state = .serving
    after.startedAt = step.at
    acted(service, step)
    return underLease(after, lease, step, as: QueueEvent.Change.started)
  }

  /// No version, no event: the queue is as before.
  mutating func renew(_ service: Service, _ lease: LeaseDuration?, _ step: CommandStep) -> CommandResult {
    let until = step.now + (lease ?? policy.lease).milliseconds
    queues[step.queue]?.setTimer(until, of: service.id)
    return CommandResult(service: service, leaseUntil: until)
  }

  mutating func hold(_ service: Service, _ hold: HoldDuration?, _ step: CommandStep) -> CommandResult {
    var after = service.changed()
    after.state = .onHold
    after.heldAt = step.at
    after.holdUntil = Timestamp(milliseconds: step.now + (hold ?? policy.hold).milliseconds)
    record(after, by: step.actor.name, at: step.now, as: QueueEvent.Change.held)
    return CommandResult(service: after)
  }

  mutating func resume(_ service: Service, _ lease: LeaseDuration?, _ step: CommandStep) throws(BrokerError)
    -> CommandResult
  {
    if service.assignee?.id == step.actor.id { try checkCapacity(of: step.actor, service.state) }
    var after = service.changed()
    after.state = service.startedAt == nil ? .claimed : .serving
    after.holdUntil = nil
    acted(service, step)
    return underLease(after, lease, step, as: QueueEvent.Change.resumed)
  }

  mutating func release(_ service: Service, _ step: CommandStep) -> CommandResult {
    CommandResult(service: comeBack(service, .released, by: step.actor.name, at: step.now))
  }

  mutating func complete(_ service: Service, _ step: CommandStep) -> CommandResult {
    end(service, .completed, step, as: QueueEvent.Change.completed)
  }

  mutating func noShow(_ service: Service, _ step: CommandStep) -> CommandResult {
    end(service, .noShow, step, as: QueueEvent.Change.noShow)
  }

  /// Back to waiting at its old place, or dead when that was too often.
  mutating func comeBack(
    _ service: Service, _ reason: QueueEvent.ReturnReason, by actor: String, at now: Int64
  ) -> Service {
    var after = service.changed()
    after.attempts += 1
    if after.attempts >= policy.mostAttempts {
      after.state = .dead
      after.endedAt = Timestamp(milliseconds: now)
      after.holdUntil = nil
      record(after, by: actor, at: now) { .dead($0, reason) }
    } else {
      after.state = .waiting
      after.forgetClaim()
      record(after, by: actor, at: now) { .returned($0, reason) }
    }
    return after
  }

  private mutating func end(
    _ service: Service, _ state: ServiceState, _ step: CommandStep, as change: (Service) -> QueueEvent.Change
  ) -> CommandResult {
    var after = service.changed()
    after.state = state
    after.endedAt = step.at
    after.holdUntil = nil
    acted(service, step)
    // A hold is no handling.
    if service.heldAt == nil, let began = service.claimedAt {
      queues[step.queue]?.push(time: max(step.now - began.milliseconds, 0))
    }
    record(after, by: step.actor.name, at: step.now, as: change)
    return CommandResult(service: after)
  }

  /// Records the change and begins the lease.
  private mutating func underLease(
    _ after: Service, _ lease: LeaseDuration?, _ step: CommandStep, as change: (Service) -> QueueEvent.Change
  ) -> CommandResult {
    let until = step.now + (lease ?? policy.lease).milliseconds
    record(after, leaseUntil: until, by: step.actor.name, at: step.now, as: change)
    return CommandResult(service: after, leaseUntil: until)
  }

  /// The holder counts as active, whoever acted for it.
  private mutating func acted(_ service: Service, _ step: CommandStep) {
    if let holder = service.assignee?.id { queues[step.queue]?.staff[holder] = step.now }
  }
}

extension Service {
  /// The same with the next version.
  func changed() -> Service {
    var after = self
    after.version += 1
    return after
  }

  /// As if nobody had ever had it.
  mutating func forgetClaim() {
    assignee = nil
    fence = nil
    claimedAt = nil
    startedAt = nil
    heldAt = nil
    holdUntil = nil
    endedAt = nil
  }
}
