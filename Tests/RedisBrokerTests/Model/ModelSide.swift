@testable import ServiceQueue

/// The model, its clock, and what the steps of a sequence refer to.
struct ModelSide {
  private(set) var model: SiteModel
  /// Milliseconds.
  private(set) var now: Int64
  private var keyed: [ResolvedAction] = []

  /// The queues are there, with the epochs that Redis has given them.
  init(policy: QueuePolicy, start: Int64, epochs: [QueueName: Epoch]) {
    model = SiteModel(policy: policy, eventHistory: 2_000)
    now = start
    for (queue, epoch) in epochs { _ = model.createQueue(queue, epoch: epoch) }
  }

  /// Writes the step out as things are now.
  mutating func resolve(_ action: Action) -> ResolvedAction {
    switch action {
    case .advance(let step):
      now += step
      let forgotten = model.forget(at: now)
      return .clock(now, keys: forgotten.keys, services: forgotten.services)
    case .submit(let items): return .submit(items.map(submission))
    case .perform(let order):
      let resolved = ResolvedAction.perform(request(order))
      if order.key != nil { keyed.append(resolved) }
      return resolved
    case .performAll(let orders): return .performAll(orders.map(request))
    case .again(let back):
      guard back < keyed.count else { return .nothing }
      return keyed[keyed.count - 1 - back]
    case .mode(let mode, let queue, let actor, let key):
      let resolved = ResolvedAction.mode(
        QueueModeRequest(Cast.named[queue], mode, by: Cast.people[actor], idempotencyKey: Self.key(key)))
      if key != nil { keyed.append(resolved) }
      return resolved
    case .sweep(let queue, let most): return .sweep(Cast.named[queue], most: most)
    case .restore(let known): return .restore(known.map(service))
    case .erase(let numbers, let queues): return .erase(numbers.map(Cast.id), Set(queues.map { Cast.named[$0] }))
    case .assure(let queue, let ahead, let inThisEpoch):
      let present = model.queues[Cast.named[queue]]
      // It is an epoch.
      let other = Epoch("other")!
      return .assure(
        Cast.named[queue], (present?.version ?? 0) + UInt64(ahead), inThisEpoch ? present?.epoch ?? other : other)
    case .read(let reader, let most, let all): return .read(reader, most: most, acknowledgesAll: all)
    case .dismiss: return .dismiss
    }
  }

  /// Does it in the model.
  mutating func apply(_ resolved: ResolvedAction, newEpoch: Epoch? = nil) -> Answer {
    switch resolved {
    case .clock, .nothing: return .nothing
    case .submit(let submissions): return .submitted(model.submit(submissions, at: now).map(\.bare))
    case .perform(let request): return .performed(model.performAll([request], at: now).map { $0.mapError(\.bare) })
    case .performAll(let requests): return .performed(model.performAll(requests, at: now).map { $0.mapError(\.bare) })
    case .mode(let request):
      return .mode(
        Result { () throws(BrokerError) in try model.changeMode(request, at: now) }.mapError(\.bare))
    case .sweep(let queue, let most):
      return .swept(
        Result { () throws(BrokerError) in try model.sweep(queue, most: most, at: now) }.mapError(\.bare))
    case .restore(let services): return .restored(model.restore(services, at: now).map(\.bare))
    case .erase(let ids, let queues): return .erased(model.erase(ids, seenIn: queues, at: now))
    case .assure(let queue, let version, let epoch):
      return .assured(
        Result { () throws(BrokerError) in
          try model.assure(queue, seen: version, in: epoch, newEpoch: newEpoch ?? epoch)
        }.mapError(\.bare))
    case .read(let reader, let most, let all):
      if reader == .events { model.enrolEvents() }
      let entries = model.outbox(for: reader, after: nil, limit: most)
      model.acknowledgeOutbox(entries.acknowledged(all: all), for: reader)
      return .read(entries.map(\.event))
    case .dismiss:
      defer { model.dismissEvents() }
      return .dismissed(model.eventsPosition != nil)
    }
  }

  private static func key(_ number: Int?) -> IdempotencyKey? { number.flatMap { IdempotencyKey("key-\($0)") } }

  private func submission(_ item: Action.Item) -> Submission {
    let producer = Cast.people[item.submitter]
    return Submission(
      id: Cast.id(item.number), queue: Cast.named[item.queue], kind: "passport",
      // The generator keeps to the levels.
      priority: Priority(item.priority)!, requires: Cast.skills[item.skills],
      scheduledFor: item.scheduledIn.map { Timestamp(milliseconds: now + $0) },
      personal: item.isPersonal ? Cast.personal : nil, submitter: producer.id, submitterName: producer.name,
      idempotencyKey: item.key.map { "shared-\($0)" } ?? "own-\(item.number)", fingerprint: "f\(item.fingerprint)")
  }

  private func found(_ number: Int) -> Service? { try? model.service(Cast.id(number), at: now) }

  private func request(_ order: Action.Order) -> CommandRequest {
    let service = found(order.number)
    let queue: QueueName? =
      switch order.queue {
      case .its: service?.queue ?? Cast.queues[0]
      case .unnamed: nil
      case .other(let queue): Cast.named[queue]
      }
    let version: UInt64? =
      switch order.version {
      case .any: nil
      case .current: service?.version ?? 1
      case .old: max(service?.version ?? 1, 1) - 1
      }
    let ref = ServiceRef(id: Cast.id(order.number), queue: queue, ifVersion: version)
    let fence: QueueVersion? =
      switch order.fence {
      case .none: nil
      case .current: service?.fence ?? model.queues[Cast.queues[0]]?.version
      case .off(let by): UInt64(max(Int(service?.fence ?? 0) + by, 0))
      }
    let lease = order.milliseconds.flatMap { LeaseDuration(milliseconds: $0) }
    let hold = order.milliseconds.flatMap { HoldDuration(milliseconds: $0) }
    let command: Command =
      switch order.verb {
      case .claim: .claim(ref, lease: lease)
      case .claimNext(let queue): .claimNext(Cast.named[queue], lease: lease)
      case .start: .start(ref, fence: fence, lease: lease)
      case .renew: .renew(ref, fence: fence, lease: lease)
      case .hold: .hold(ref, fence: fence, hold: hold)
      case .resume: .resume(ref, fence: fence, lease: lease)
      case .release: .release(ref, fence: fence)
      case .complete: .complete(ref, fence: fence)
      case .noShow: .noShow(ref, fence: fence)
      case .reinstate: .reinstate(ref)
      case .remove: .remove(ref)
      case .move(.before(let other)): .move(ref, to: .before(Cast.id(other)))
      case .move(.after(let other)): .move(ref, to: .after(Cast.id(other)))
      case .move(.first): .move(ref, to: .first)
      case .move(.last): .move(ref, to: .last)
      // The generator keeps to the levels.
      case .reprioritise(let level): .reprioritise(ref, Priority(level)!)
      case .transfer(let queue): .transfer(ref, to: Cast.named[queue], fence: fence)
      case .assign(let person): .assign(ref, to: Cast.people[person], fence: fence, lease: lease)
      }
    return CommandRequest(command, by: Cast.people[order.actor], idempotencyKey: Self.key(order.key))
  }

  private func service(_ known: Action.Known) -> Service {
    let present = found(known.number)
    // The clamped order is one.
    let order = OrderKey(min(max(now * 4_096 - Int64(known.number), 0), 1 << 52))!
    var service =
      present
      ?? Service(
        id: Cast.id(known.number), queue: Cast.named[known.queue], ticket: UInt64(known.number), kind: "towing",
        priority: .normal, order: order, state: .waiting, version: 1, attempts: 2, submitter: "p1",
        submittedAt: Timestamp(milliseconds: now))
    if known.isMisplaced { service.queue = Cast.named[known.queue] }
    service.version = UInt64(max(Int(service.version) + known.ahead, 1))
    service.state = known.state
    service.requires = Cast.skills[known.skills]
    service.scheduledFor = known.scheduledIn.map { Timestamp(milliseconds: now + $0) }
    service.endedAt = known.state.isLive ? nil : Timestamp(milliseconds: now)
    service.attempts = min(service.attempts, 900)
    return service
  }
}
