// Moving, and the renumbering that makes room for it.
extension SiteModel {
  mutating func move(_ service: Service, to target: MoveTarget, _ step: CommandStep) throws(BrokerError)
    -> CommandResult
  {
    guard let spot = queues[step.queue]?.spot(for: service, target) else {
      throw .refusal(.badTarget, service.state)
    }
    var after = service.changed()
    if let order = spot.order {
      after.order = order
    } else {
      try renumber(step.queue, around: spot.rank, by: step.actor.name, at: step.now)
      guard let renumbered = queues[step.queue]?[service.id]?.service,
        let order = queues[step.queue]?.spot(for: renumbered, target)?.order
      else { throw .refusal(.overloaded) }
      after.order = order
    }
    record(after, by: step.actor.name, at: step.now, as: QueueEvent.Change.moved)
    return CommandResult(service: after)
  }

  /// New orders for a window of services around `rank`, which keep their sequence. One event with a version of its own; service
  /// versions stay. Room for two more moves to the same place is looked for first, as a wider window costs less than
  /// renumbering at each move.
  private mutating func renumber(
    _ name: QueueName, around rank: Int, by actor: String, at now: Int64
  ) throws(BrokerError) {
    guard let queue = queues[name], let window = queue.window(around: rank) else { throw .refusal(.overloaded) }
    var list: [QueueEvent.Renumbering] = []
    for (offset, entry) in queue.live.entries[window.ranks].enumerated() {
      guard var service = queue[entry.id]?.service else { continue }
      service.order = OrderKey(clamping: window.low + Int64(offset + 1) * window.step)
      queues[name]?.put(service, timer: queue[entry.id]?.timer)
      list.append(QueueEvent.Renumbering(id: service.id, order: service.order))
    }
    emit(.renumbered(list), in: name, by: actor, at: now)
  }
}

extension QueueModel {
  /// A place between two services.
  struct Spot {
    /// Its rank among the live services, the moved one counted where it is.
    let rank: Int
    /// The order of a service there; nil when there is no room.
    let order: OrderKey?
  }

  /// Nil when there is no such place.
  func spot(for service: Service, _ target: MoveTarget) -> Spot? {
    let rank: Int
    switch target {
    case .first: rank = 0
    case .last:
      // Not `last(where:)` on the services: only the moved one is passed over.
      guard let last = waiting.entries.last(where: { $0.id != service.id }) else {
        return Spot(rank: 0, order: service.order)
      }
      rank = live.rank(last.number, last.id) + 1
    case .before(let other):
      guard let other = rankOfTarget(other, for: service) else { return nil }
      rank = other
    case .after(let other):
      guard let other = rankOfTarget(other, for: service) else { return nil }
      rank = other + 1
    }
    let low = live.entries[..<rank].last { $0.id != service.id }
    let high = live.entries[rank...].first { $0.id != service.id }
    guard low != nil || high != nil else { return Spot(rank: rank, order: service.order) }
    var order = Self.order(between: low?.number, and: high?.number)
    if let low, let high, let found = order, self[high.id]?.service.state == .scheduled {
      // What is not due yet stands in the future, and nobody is to be moved there.
      order = min(found, low.number + OrderKey.ticksPerMillisecond)
    }
    return Spot(rank: rank, order: order.flatMap { OrderKey($0) })
  }

  private func rankOfTarget(_ id: ServiceID, for service: Service) -> Int? {
    guard id != service.id, let other = self[id]?.service, other.state != .scheduled else { return nil }
    return live.rank(other.order.ticks, id)
  }

  /// An order strictly between the two, of which one may be missing; nil when there is none.
  private static func order(between low: Int64?, and high: Int64?) -> Int64? {
    let end: Int64 = 1 << 53
    switch (low, high) {
    case (nil, nil): return nil
    case (nil, let high?):
      let order = high - OrderKey.ticksPerMillisecond
      if order >= 0 { return order }
      return high / 2 < high ? high / 2 : nil
    case (let low?, nil):
      let order = low + OrderKey.ticksPerMillisecond
      if order < end { return order }
      let middle = (low + end) / 2
      return middle > low ? middle : nil
    case (let low?, let high?):
      let order = (low + high) / 2
      return order > low && order < high ? order : nil
    }
  }

  /// Services that get new orders.
  struct Window {
    let ranks: ClosedRange<Int>
    /// The order before the first of them; may be below 0.
    let low: Int64
    /// From each to the next.
    let step: Int64
  }

  /// The smallest window around `rank` in which services can stand 4 apart, or else 2; nil when there is none. The last service
  /// of the queue never is in it: were it far in the future, the others would be drawn there.
  func window(around rank: Int) -> Window? {
    for least: Int64 in [4, 2] {
      for size in [64, 128, 256, 512] {
        let from = max(rank - size / 2, 0)
        let to = min(from + size, live.count - 1) - 1
        guard from <= to else { continue }
        let count = Int64(to - from + 1)
        let high = live.entries[to + 1].number
        let low =
          from > 0
          ? live.entries[from - 1].number
          : min(live.entries[0].number - OrderKey.ticksPerMillisecond, high - (count + 1) * Self.openStep)
        let step = (high - low) / (count + 1)
        if step >= least, low + step >= 0 { return Window(ranks: from...to, low: low, step: step) }
      }
    }
    return nil
  }

  /// Ticks between services that are renumbered at the beginning of the queue, at least.
  private static let openStep: Int64 = 64
}
