// What is asked of a service before a command changes it. The first that is not so is the answer.
extension SiteModel {
  /// The service, live in the command's queue, in the version that the caller has seen, and in one of these states.
  func find(_ ref: ServiceRef, in states: Set<ServiceState>, _ step: CommandStep) throws(BrokerError) -> Service {
    guard let service = queues[step.queue]?[ref.id]?.service else {
      guard let past = endedHere(ref.id, step) else { throw .refusal(.notFound) }
      throw .refusal(.illegalTransition, past.state)
    }
    try check(ref, against: service)
    guard states.contains(service.state) else { throw .refusal(.illegalTransition, service.state) }
    return service
  }

  /// As `find`, for one who holds the claim.
  func findHeld(
    _ ref: ServiceRef, in states: Set<ServiceState>, _ fence: QueueVersion?, _ step: CommandStep
  ) throws(BrokerError) -> Service {
    let service = try find(ref, in: states, step)
    try checkHolder(of: service, fence, step)
    return service
  }

  /// Who is not to act on any claim may transfer its own alone.
  func findToTransfer(_ ref: ServiceRef, _ fence: QueueVersion?, _ step: CommandStep) throws(BrokerError) -> Service {
    let service = try find(ref, in: [.scheduled, .waiting, .claimed, .serving, .onHold], step)
    if !step.request.mayActOnAnyClaim {
      guard service.assignee != nil else { throw .refusal(.notOwner, service.state) }
      try checkHolder(of: service, fence, step)
    }
    return service
  }

  /// The service, if it has ended in the command's queue.
  func endedHere(_ id: ServiceID, _ step: CommandStep) -> Service? {
    guard let service = ended.value(for: id, at: step.now), service.queue == step.queue else { return nil }
    return service
  }

  func check(_ ref: ServiceRef, against service: Service) throws(BrokerError) {
    guard ref.ifVersion == nil || ref.ifVersion == service.version else {
      throw .refusal(.versionMismatch, service.state)
    }
  }

  func checkHolder(of service: Service, _ fence: QueueVersion?, _ step: CommandStep) throws(BrokerError) {
    let any = step.request.mayActOnAnyClaim
    guard any || service.assignee?.id == step.actor.id else { throw .refusal(.notOwner, service.state) }
    guard fence == service.fence || (fence == nil && any) else { throw .refusal(.staleFence, service.state) }
    // The lease or the hold has ended, though nobody has swept it yet.
    let timer = queues[step.queue]?[service.id]?.timer
    guard let timer, timer > step.now else { throw .refusal(.staleFence, service.state) }
  }

  /// Throws when the employee has as many services as it may have.
  func checkCapacity(of employee: Principal, _ state: ServiceState?) throws(BrokerError) {
    guard let capacity = employee.capacity ?? policy.capacity else { return }
    guard loads[employee.id] ?? 0 < capacity else { throw .refusal(.atCapacity, state) }
  }
}
