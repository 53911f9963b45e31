import ServiceQueue

/// The outbox holds every change of a service once, and in the order in which Redis made them: across the queues, too.
extension HistoryChecker {
  mutating func checkOutbox() {
    var places: Set<EventLog.Place> = []
    var last: [EventLog.Stream: QueueVersion] = [:]
    var load = Load(history)
    for entry in history.final.outbox {
      let place = EventLog.Place(entry.event)
      if !places.insert(place).inserted {
        report(.duplicated, "\(place) is in the outbox twice")
        continue
      }
      if let version = last[place.stream], version >= place.version {
        report(.versionRepeated, "the outbox has \(place) after \(version)")
      }
      last[place.stream] = place.version
      if let excess = load.apply(entry.event) { report(.capacityExceeded, "\(place): \(excess)") }
    }
    for (place, event) in log.all where !places.contains(place) {
      if case .renumbered = event.change { continue }
      report(.lost, "\(place) (\(event.change.type)) is not in the outbox")
    }
  }
}

/// How many services each employee has.
private struct Load {
  private var holders: [ServiceID: Assignee] = [:]
  private var counts: [String: Int] = [:]
  private var capacities: [String: Int] = [:]
  private let standard: Int?

  init(_ history: History) {
    standard = history.capacity
    for operation in history.operations {
      if let actor = operation.request?.actor, let capacity = actor.capacity { capacities[actor.id] = capacity }
    }
  }

  /// What is wrong with it, if anything.
  mutating func apply(_ event: QueueEvent) -> String? {
    guard let service = event.change.service else { return nil }
    // Its other half, in the target's queue, comes first.
    if case .transferred = event.change { return nil }
    if let former = holders.removeValue(forKey: service.id) { counts[former.id, default: 0] -= 1 }
    guard service.state.isHandled, let holder = service.assignee else { return nil }
    holders[service.id] = holder
    let before = counts[holder.id, default: 0]
    counts[holder.id] = before + 1
    switch event.change {
    case .claimed: break
    case .resumed where event.actor == holder.name: break
    default: return nil
    }
    guard let capacity = capacities[holder.id] ?? standard, before >= capacity else { return nil }
    return "\(holder.name) had \(before) already, of \(capacity)"
  }
}
