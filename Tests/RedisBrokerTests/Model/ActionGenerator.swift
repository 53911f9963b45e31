@testable import ServiceQueue

/// Makes a random sequence that goes everywhere: mostly what makes sense at the moment, which it sees in the model, often what
/// does not.
struct ActionGenerator {
  private var random: SeededRandom
  /// Services that a queue has, more or less.
  private let size: Int
  /// How much of what is asked for is moving, in percent; to how few places.
  private let moves: Int
  private let places: Int
  /// More sets of skills than a queue may have.
  private let usesRareSkills: Bool
  /// So many services that wide windows are renumbered.
  private let isCrowded: Bool
  private var made = 0
  private var madeKeys = 0
  /// The services that the last no-shows were asked for.
  private var noShows: [Int] = []
  /// The services that were erased last.
  private var erased: [Int] = []
  /// Where Redis' clock begins: at the present, at its first day, or where orders end.
  let start: Int64

  init(seed: UInt64) {
    random = SeededRandom(seed: seed)
    usesRareSkills = random.chance(12)
    isCrowded = random.chance(4)
    size = isCrowded ? 500 : usesRareSkills ? 150 : random.pick([6, 20, 20, 60, 60, 150])
    moves = isCrowded ? 80 : random.pick([10, 10, 30, 70])
    places = random.pick([1, 2, 5])
    start = random.pick([
      1_790_000_000_000, 1_790_000_000_000, 1_790_000_000_000, 1_790_000_000_000, 5_000, 2_199_023_200_000,
    ])
  }

  mutating func next(_ model: SiteModel) -> Action {
    let draw = random.below(1_000)
    switch draw {
    case 0..<150: return .advance(step())
    case 150..<(live(model) < 3 * size ? 400 : 180): return submission(model)
    case 400..<430: return .again(random.below(6))
    case 430..<440:
      let mode = random.pick([QueueMode.open, .open, .open, .open, .open, .paused, .draining])
      return .mode(mode, queue: anyQueue(), actor: random.pick([3, 4]), key: key(20))
    case 440..<470: return .sweep(queue: anyQueue(), most: random.pick([1, 3, 100]))
    case 470..<478: return .restore((0...random.below(random.chance(10) ? 40 : 3)).map { _ in known(model) })
    case 478: return .assure(queue: anyQueue(), ahead: random.below(3), inThisEpoch: !random.chance(25))
    case 479..<483: return erasure(model)
    case 483..<488:
      return .read(.history, most: random.pick([1, 5, 40, 500]), acknowledgesAll: !random.chance(25))
    case 488..<492: return .read(.events, most: random.pick([1, 5, 40, 500]), acknowledgesAll: true)
    case 492: return random.chance(20) ? .dismiss : .read(.events, most: 500, acknowledgesAll: true)
    case 493..<520:
      return .performAll((0...random.below(random.pick([2, 8, 40]))).map { _ in order(model, bulk: true) })
    default: return .perform(order(model, bulk: false))
    }
  }

  private func live(_ model: SiteModel) -> Int { model.index.count }

  /// Mostly small; sometimes everything ends that can end by itself.
  private mutating func step() -> Int64 {
    switch random.below(400) {
    case 0..<300: Int64(random.below(20))
    case 300..<375: Int64(random.below(2_000))
    case 375..<386: Int64(random.below(25_000))
    case 386..<392: Int64(random.below(120_000))
    case 392..<396: Int64(random.below(1_000_000))
    case 396..<399: Int64(random.below(10_000_000))
    default: 86_400_000 - 1 + Int64(random.below(3))
    }
  }

  private mutating func anyQueue() -> Int { random.chance(1) ? 3 : random.pick([0, 0, 1, 2]) }

  /// Mostly a new one.
  private mutating func key(_ percent: Int) -> Int? {
    guard random.chance(percent) else { return nil }
    if madeKeys > 0, random.chance(20) { return max(madeKeys - 1 - random.below(12), 0) }
    madeKeys += 1
    return madeKeys - 1
  }

  private mutating func submission(_ model: SiteModel) -> Action {
    let count = isCrowded ? 180 : random.pick([1, 1, 2, 5, 12])
    let queue = usesRareSkills || isCrowded ? 0 : random.chance(80) ? anyQueue() : nil
    return .submit(
      (0..<count).map { _ in
        made += 1
        var item = Action.Item(number: made, queue: queue ?? anyQueue())
        if random.chance(40) { item.priority = random.below(10) }
        if random.chance(usesRareSkills ? 90 : 30) {
          item.skills = random.below(usesRareSkills ? Cast.skills.count : Cast.commonSkills)
        }
        if random.chance(12) { item.scheduledIn = random.pick([-5, 0, 1, 500, 30_000, 900_000, 40_000_000]) }
        if random.chance(1) { item.scheduledIn = Submission.mostAhead + Int64(random.below(2)) }
        item.key = key(8)
        item.fingerprint = random.chance(10) ? 1 : 0
        if random.chance(25) { item.submitter = 6 }
        item.isPersonal = random.chance(20)
        // A live id once more.
        if random.chance(2), let taken = anyLive(model) { item.number = Cast.number(taken.id) }
        return item
      })
  }

  private mutating func anyLive(_ model: SiteModel) -> Service? {
    for _ in 0..<4 {
      guard let queue = model.queues[random.pick(Cast.queues)], !queue.live.isEmpty else { continue }
      return queue[queue.live.entries[random.below(queue.live.count)].id]?.service
    }
    return nil
  }

  private mutating func anySubject(_ model: SiteModel) -> Service? {
    if random.chance(moves) { return anyWaiting(model) }
    return random.chance(35) ? anyTimed(model) : anyLive(model)
  }

  private mutating func order(_ model: SiteModel, bulk: Bool) -> Action.Order {
    var order = sensible(model)
    order.key = key(12)
    if random.chance(6) { order.fence = random.pick([.none, .off(1), .off(-1), .off(7)]) }
    if random.chance(10) { order.version = random.chance(70) ? .current : .old }
    if random.chance(3) { order.queue = .other(random.below(4)) }
    // In a batch the look-up of the queue would come before the commands ahead of it.
    if !bulk, random.chance(2) { order.queue = .unnamed }
    if random.chance(30) { order.milliseconds = random.pick([5_000, 8_000, 60_000, 3_600_000]) }
    return order
  }

  private mutating func sensible(_ model: SiteModel) -> Action.Order {
    if random.chance(12) {
      return Action.Order(verb: .claimNext(queue: anyQueue()), actor: random.below(5))
    }
    guard !random.chance(8), let service = anySubject(model) else {
      if !noShows.isEmpty, random.chance(30) {
        return Action.Order(verb: .reinstate, number: random.pick(noShows), actor: random.below(5))
      }
      // One that has ended, or never was there; mostly one of the last.
      let number = max(made - random.below(random.pick([8, 60, 2_000])), 0)
      let verb: Action.Verb = random.chance(40) ? .reinstate : anyVerb(model)
      return Action.Order(verb: verb, number: number, actor: random.below(Cast.people.count))
    }
    let verb = random.chance(7) ? anyVerb(model) : self.verb(for: service, model)
    if case .noShow = verb { noShows = [Cast.number(service.id)] + noShows.prefix(4) }
    return Action.Order(verb: verb, number: Cast.number(service.id), actor: actor(for: service, verb))
  }

  /// One that somebody has, or that is not due.
  private mutating func anyTimed(_ model: SiteModel) -> Service? {
    guard let queue = model.queues[random.pick(Cast.queues)], !queue.timers.isEmpty else { return anyLive(model) }
    return queue[queue.timers.entries[random.below(queue.timers.count)].id]?.service
  }

  private mutating func anyWaiting(_ model: SiteModel) -> Service? {
    guard let queue = model.queues[Cast.queues[0]], !queue.waiting.isEmpty else { return nil }
    return queue[queue.waiting.entries[random.below(queue.waiting.count)].id]?.service
  }

  private mutating func verb(for service: Service, _ model: SiteModel) -> Action.Verb {
    if service.state == .waiting, random.chance(moves) { return move(model, in: service.queue) }
    let verbs: [Action.Verb] =
      switch service.state {
      case .scheduled: [.reprioritise(random.below(10)), .transfer(queue: anyQueue()), .remove]
      case .waiting:
        [
          .claim, .claim, .claim, .claim, .claim, .reprioritise(random.below(10)), .transfer(queue: anyQueue()),
          .remove, anyAssignment(),
        ]
      case .claimed:
        [
          .start, .start, .start, .start, .renew, .hold, .hold, .release, .noShow, .transfer(queue: anyQueue()),
          anyAssignment(),
        ]
      case .serving:
        [.complete, .complete, .complete, .complete, .renew, .hold, .release, .noShow, .remove, anyAssignment()]
      case .onHold:
        [.resume, .resume, .resume, .resume, .release, .noShow, .transfer(queue: anyQueue()), anyAssignment()]
      case .completed, .noShow, .cancelled, .dead: [.reinstate]
      }
    return random.pick(verbs)
  }

  private mutating func anyVerb(_ model: SiteModel) -> Action.Verb {
    random.pick([
      .claim, .start, .renew, .hold, .resume, .release, .complete, .noShow, .reinstate, .remove,
      .claimNext(queue: anyQueue()), move(model, in: Cast.queues[0]), .reprioritise(random.below(10)),
      .transfer(queue: random.below(4)), anyAssignment(),
    ])
  }

  private mutating func anyAssignment() -> Action.Verb { .assign(to: random.below(5)) }

  /// To few places, so that their gaps are used up.
  private mutating func move(_ model: SiteModel, in queue: QueueName) -> Action.Verb {
    switch random.below(12) {
    case 0: return .move(.first)
    case 1: return .move(.last)
    case 2: return .move(random.chance(50) ? .before(random.below(made + 1)) : .after(random.below(made + 1)))
    default:
      guard let queue = model.queues[queue], !queue.live.isEmpty else { return .move(.last) }
      let rank = min(queue.live.count / 2 + random.below(places), queue.live.count - 1)
      let other = Cast.number(queue.live.entries[rank].id)
      return .move(random.chance(50) ? .before(other) : .after(other))
    }
  }

  /// Mostly who may do it.
  private mutating func actor(for service: Service, _ verb: Action.Verb) -> Int {
    if random.chance(20) { return random.below(Cast.people.count) }
    if case .assign = verb { return random.pick([3, 4]) }
    if let holder = service.assignee?.id, let place = Cast.people.firstIndex(where: { $0.id == holder }),
      random.chance(85)
    {
      return place
    }
    switch verb {
    case .move, .reprioritise, .transfer, .assign: return random.pick([3, 4])
    case .remove: return random.pick([4, 5, 6])
    case .claim, .claimNext, .start, .renew, .hold, .resume, .release, .complete, .noShow, .reinstate:
      return random.below(5)
    }
  }

  /// Of a few, sometimes of as many as one call takes, half of them live ones; often the same once more.
  private mutating func erasure(_ model: SiteModel) -> Action {
    if erased.isEmpty || !random.chance(40) {
      erased = (0..<(random.chance(10) ? BrokerLimits.eraseBatch : 1 + random.below(4))).map { _ in
        if random.chance(50), let live = anyLive(model) { return Cast.number(live.id) }
        return max(made - random.below(random.pick([8, 60, 300])), 0)
      }
    }
    let queues = (0..<Cast.queues.count).filter { _ in random.chance(60) }
    return .erase(erased, queues: Set(queues))
  }

  private mutating func known(_ model: SiteModel) -> Action.Known {
    var number = max(made - random.below(300), 0)
    // One that Redis never had.
    if random.chance(30) {
      made += 1
      number = made
    } else if random.chance(50), let live = anyLive(model) {
      number = Cast.number(live.id)
    }
    let state = random.pick(ServiceState.allCases)
    var known = Action.Known(number: number, queue: anyQueue(), ahead: random.below(5) - 1, state: state)
    if random.chance(30) { known.skills = random.below(Cast.commonSkills) }
    if random.chance(20) { known.scheduledIn = random.pick([-1_000, 1, 60_000]) }
    known.isMisplaced = random.chance(10)
    return known
  }
}
