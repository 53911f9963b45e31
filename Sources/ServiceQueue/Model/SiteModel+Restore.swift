// Repair, where the history knows more than the queues do.
extension SiteModel {
  /// Holds what the history knows against the queues, and brings them up to it; see `Broker.restore`.
  public mutating func restore(_ services: [Service], at now: Int64) -> [RestoreOutcome] {
    forget(at: now)
    return services.map { known in
      do throws(BrokerError) { return try restore(known, at: now) } catch { return .refused(error) }
    }
  }

  private mutating func restore(_ known: Service, at now: Int64) throws(BrokerError) -> RestoreOutcome {
    guard queues[known.queue] != nil else { throw .refusal(.unknownQueue) }
    guard index[known.id] ?? known.queue == known.queue else { throw .refusal(.badTarget) }
    if let live = queues[known.queue]?[known.id]?.service {
      if live.version >= known.version { return .known }
      return known.state.isLive ? try putBack(known, at: now) : end(live, as: known, at: now)
    }
    if let past = ended.value(for: known.id, at: now), past.version >= known.version { return .known }
    return known.state.isLive ? try putBack(known, at: now) : .known
  }

  /// Into its queue, as the history has it, but nobody has it there.
  private mutating func putBack(_ known: Service, at now: Int64) throws(BrokerError) -> RestoreOutcome {
    guard queues[known.queue]?.isFull(for: known.requires) == false else { throw .refusal(.overloaded) }
    var after = known.changed()
    let isAhead = known.scheduledFor.map { $0.milliseconds > now } ?? false
    after.state = isAhead ? .scheduled : .waiting
    after.forgetClaim()
    let tickets = queues[known.queue]?.tickets ?? 0
    queues[known.queue]?.tickets = max(tickets, known.ticket)
    record(after, by: Self.itself, at: now) { .updated($0, .repaired) }
    return .restored(after)
  }

  /// It ended, as the history knows.
  private mutating func end(_ live: Service, as known: Service, at now: Int64) -> RestoreOutcome {
    var after = live
    after.version = known.version + 1
    after.state = known.state
    after.endedAt = known.endedAt ?? Timestamp(milliseconds: now)
    after.holdUntil = nil
    record(after, by: Self.itself, at: now) { service in
      switch known.state {
      case .completed: .completed(service)
      case .noShow: .noShow(service)
      case .dead: .dead(service, .released)
      case .cancelled, .scheduled, .waiting, .claimed, .serving, .onHold: .removed(service)
      }
    }
    return .ended(after)
  }

  /// Tells that the queue has been seen at this version of this epoch; see `Broker.assure`. When it is behind, it gets
  /// `newEpoch`.
  public mutating func assure(
    _ queue: QueueName, seen version: QueueVersion, in epoch: Epoch, newEpoch: Epoch
  ) throws(BrokerError) -> Bool {
    let present = try self.queue(queue).summary
    guard present.epoch == epoch, present.version < version else { return false }
    queues[queue]?.begin(newEpoch)
    return true
  }
}
