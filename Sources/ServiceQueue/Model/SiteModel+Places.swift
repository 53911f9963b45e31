// Changes of a service that nobody has: its priority, its queue, its end, its return.
extension SiteModel {
  mutating func reprioritise(_ service: Service, _ priority: Priority, _ step: CommandStep) -> CommandResult {
    var after = service.changed()
    let shift = (priority.boost - service.priority.boost) * OrderKey.ticksPerMillisecond
    after.order = OrderKey(clamping: service.order.ticks - shift)
    after.priority = priority
    record(after, by: step.actor.name, at: step.now) { .updated($0, .reprioritised) }
    return CommandResult(service: after)
  }

  /// Removal is for who submitted it, and for those who may remove any.
  mutating func remove(_ service: Service, _ step: CommandStep) throws(BrokerError) -> CommandResult {
    guard step.request.mayRemoveAny || service.submitter == step.actor.id else {
      throw .refusal(.notOwner, service.state)
    }
    var after = service.changed()
    after.state = .cancelled
    after.endedAt = step.at
    after.holdUntil = nil
    record(after, by: step.actor.name, at: step.now, as: QueueEvent.Change.removed)
    return CommandResult(service: after)
  }

  /// One step in both queues, and one version of the service.
  mutating func transfer(_ service: Service, to target: QueueName, _ step: CommandStep) throws(BrokerError)
    -> CommandResult
  {
    guard target != service.queue else { throw .refusal(.badTarget, service.state) }
    guard let mode = queues[target]?.mode else { throw .refusal(.unknownQueue) }
    guard mode != .draining else { throw .refusal(.queueDraining, service.state) }
    guard queues[target]?.isFull(for: service.requires) == false else { throw .refusal(.overloaded) }
    var after = service.changed()
    after.queue = target
    after.ticket = nextTicket(of: target)
    after.state = service.state == .scheduled ? .scheduled : .waiting
    after.forgetClaim()
    count(service, by: -1)
    queues[service.queue]?.remove(service.id)
    record(after, by: step.actor.name, at: step.now) { .added($0, from: service.queue) }
    emit(.transferred(after), in: service.queue, by: step.actor.name, at: step.now)
    return CommandResult(service: after)
  }

  /// A no-show comes back to its old place.
  mutating func reinstate(_ ref: ServiceRef, _ step: CommandStep) throws(BrokerError) -> CommandResult {
    if let live = queues[step.queue]?[ref.id]?.service { throw .refusal(.illegalTransition, live.state) }
    guard let past = endedHere(ref.id, step) else { throw .refusal(.notFound) }
    try check(ref, against: past)
    guard past.state == .noShow else { throw .refusal(.illegalTransition, past.state) }
    let since = step.now - (past.endedAt?.milliseconds ?? 0)
    guard since <= policy.reinstateWithin else { throw .refusal(.reinstateExpired, past.state) }
    guard queues[step.queue]?.isFull(for: past.requires) == false else { throw .refusal(.overloaded) }
    var after = past.changed()
    after.state = .waiting
    after.forgetClaim()
    record(after, by: step.actor.name, at: step.now) { .returned($0, .reinstated) }
    return CommandResult(service: after)
  }

  /// Counts one more ticket of the queue.
  mutating func nextTicket(of queue: QueueName) -> UInt64 {
    queues[queue]?.tickets += 1
    return queues[queue]?.tickets ?? 0
  }
}

extension OrderKey {
  /// The nearest order to `ticks` within the bounds.
  init(clamping ticks: Int64) {
    // Clamped to the bounds, so there is a value.
    self = OrderKey(min(max(ticks, 0), (1 << 53) - 1))!
  }
}
