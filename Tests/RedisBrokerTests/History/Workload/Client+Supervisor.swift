import ServiceQueue

extension Client {
  /// Sorts, assigns, transfers, removes, brings back, closes and opens queues, one by one and many at once.
  mutating func runSupervisor() async {
    while board.isOpen {
      if favourite == nil || random.chance(8) { favourite = board.service(&random) }
      switch random.below(12) {
      case 0: await changeModes()
      case 1: await performMany()
      case 2:
        if let service = board.missed(&random) { await perform(.reinstate(service)) }
      default:
        if let command = sorting() { await perform(command) }
      }
      await rest(upTo: 30)
    }
    for queue in Self.queues { await change(queue, to: .open) }
  }

  private mutating func sorting() -> Command? {
    guard let service = board.service(&random),
      // Often the same place, so that it must be renumbered.
      let other = random.chance(60) ? favourite : board.service(&random)
    else { return nil }
    switch random.below(12) {
    case 0: return .move(service, to: .first)
    case 1: return .move(service, to: .last)
    case 2, 3: return .move(service, to: .before(other.id))
    case 4, 5: return .move(service, to: .after(other.id))
    case 6, 7: return .transfer(service, to: queue, fence: nil)
    case 8:
      return .assign(
        service, to: random.pick(Self.crew.filter { $0.level != .producer }), fence: nil, lease: Self.lease)
    // What somebody has.
    case 9:
      return board.claim(&random).map {
        .assign($0.service, to: random.pick(Self.crew.filter { $0.level != .producer }), fence: $0.fence, lease: nil)
      }
    case 10: return .reprioritise(service, Priority(random.below(10)) ?? .normal)
    default: return .remove(service)
    }
  }

  private mutating func performMany() async {
    let requests = (0..<(1 + random.below(40))).compactMap { _ in
      sorting().map { request($0, keyed: random.chance(50)) }
    }
    await recorder.performAll(requests, on: broker)
  }

  private mutating func changeModes() async {
    let queue = self.queue
    await change(queue, to: random.chance(70) ? .paused : .draining)
    await rest(upTo: 80)
    await change(queue, to: .open)
  }

  private mutating func change(_ queue: QueueName, to mode: QueueMode) async {
    let key = request(.claimNext(queue, lease: nil), keyed: true).idempotencyKey
    let request = QueueModeRequest(queue, mode, by: principal, idempotencyKey: key)
    var outcome = await recorder.changeMode(request, on: broker)
    for _ in 0..<20 where outcome.isWorthRepeating {
      await rest(upTo: 60)
      outcome = await recorder.changeMode(request, on: broker)
    }
  }
}
