import ServiceQueue

/// One user with one call under way at a time, who repeats under the same key what was not answered.
struct Client {
  let principal: Principal
  let brokers: [any Broker]
  let recorder: Recorder
  let board: Board
  var random: SeededRandom
  /// Where a supervisor moves most services.
  var favourite: ServiceRef?
  private var keys = 0

  static let queues = [QueueName("a")!, QueueName("b")!]
  static let skills = [[], [], [], ["german"], ["towing"]].map { SkillSet($0, most: 8)! }
  static let lease = LeaseDuration(milliseconds: 5_000)
  private static let repetitions = 12

  /// All who take part: four producers, seven agents, a supervisor.
  static let crew = (0..<12).map { number in
    let level: AccessLevel = number < 4 ? .producer : number < 11 ? .agent : .supervisor
    return Principal(
      id: "u\(number)", name: "\(level) \(number)", level: level,
      skills: SkillSet(number % 3 == 0 ? ["german", "towing"] : number % 3 == 1 ? ["german"] : [], most: 8) ?? .none,
      capacity: number == 7 ? 2 : nil)
  }

  init(_ principal: Principal, _ brokers: [any Broker], _ recorder: Recorder, _ board: Board, seed: UInt64) {
    self.principal = principal
    self.brokers = brokers
    self.recorder = recorder
    self.board = board
    random = SeededRandom(seed: seed)
  }

  var broker: any Broker { mutating get { random.pick(brokers) } }
  var queue: QueueName { mutating get { random.pick(Self.queues) } }

  mutating func rest(upTo milliseconds: Int) async {
    try? await Task.sleep(for: .milliseconds(1 + random.below(milliseconds)))
  }

  mutating func request(_ command: Command, keyed: Bool) -> CommandRequest {
    keys += 1
    return CommandRequest(
      command, by: principal, idempotencyKey: keyed ? IdempotencyKey("\(principal.id)-\(keys)") : nil)
  }

  /// One without a key is sent once.
  @discardableResult
  mutating func perform(_ command: Command) async -> Operation.Outcome {
    let request = request(command, keyed: random.chance(70))
    var outcome = await recorder.perform(request, on: broker)
    for _ in 0..<Self.repetitions where request.idempotencyKey != nil && outcome.isWorthRepeating {
      await rest(upTo: 60)
      outcome = await recorder.perform(request, on: broker)
    }
    return outcome
  }

  mutating func submit(_ items: [Submission]) async -> [Operation.Outcome] {
    var outcomes = await recorder.submit(items, to: broker)
    for _ in 0..<Self.repetitions {
      let left = outcomes.indices.filter { outcomes[$0].isWorthRepeating }
      if left.isEmpty { break }
      await rest(upTo: 60)
      for (index, outcome) in zip(left, await recorder.submit(left.map { items[$0] }, to: broker)) {
        outcomes[index] = outcome
      }
    }
    return outcomes
  }
}
