import RedisBroker
import ServiceQueue

/// Single commands by many callers, each of which awaits its answer, beside what `redis-benchmark` gets for the very same function
/// with the same keys and arguments on the same Redis, run by run.
struct RateMeasurement {
  /// What `redis-benchmark` got.
  struct TheirRun: Sendable, Encodable {
    let perSecond: Double
    /// Of its commands, those that changed nothing because their random id had come before.
    let refused: Int
    let commands: Int
  }

  /// One command.
  struct Comparison: Sendable, Encodable {
    let ours: MeasuredResult
    let theirs: [TheirRun]

    var theirRate: Double {
      let rates = theirs.map(\.perSecond).sorted()
      return rates[(rates.count - 1) / 2]
    }
    /// Of the medians.
    var ratio: Double { ours.median.perSecond / theirRate }
    /// The median of all runs: it varies less than rates.
    var cpuMicroseconds: Double {
      let all = ours.runs.map { $0.cpuSecondsPerOperation * 1e6 }.sorted()
      return all[(all.count - 1) / 2]
    }
    var targets: [Target] {
      [
        Target("\(ours.name), rate by redis-benchmark's", ratio, .atLeast(0.9)),
        Target("\(ours.name), CPU of ours for one", cpuMicroseconds, .below(5), "us"),
      ]
    }

    private enum CodingKeys: String, CodingKey {
      case ours, theirs, ratio, cpuMicroseconds
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(ours, forKey: .ours)
      try container.encode(theirs, forKey: .theirs)
      try container.encode(ratio, forKey: .ratio)
      try container.encode(cpuMicroseconds, forKey: .cpuMicroseconds)
    }
  }

  private let bench: QueueBenchmark
  private let maker: SampleSubmissions
  private let employee: Principal
  private let supervisor: Principal

  init(_ bench: QueueBenchmark) throws {
    self.bench = bench
    maker = try SampleSubmissions()
    employee = bench.employee("clerk")
    supervisor = bench.employee("supervisor", .supervisor)
  }

  func measure() async throws -> [Comparison] {
    let submit = try await submitting()
    let queue = try await bench.createQueue("rates")
    let family = NumberedIDs()
    try await bench.submit(try maker.make(0..<bench.plan.pool, of: family, for: queue))
    let claim = try await claiming(in: queue)
    let complete = try await completing(in: queue, family)
    try await bench.emptyOutbox()
    return [submit, claim, complete]
  }

  private func submitting() async throws -> Comparison {
    let queue = try await bench.createQueue("submissions")
    let sample = NumberedIDs()
    let one = try maker.printable(of: sample, for: queue)
    let words = try FunctionWords(await bench.broker.words(of: [one]))
    return try await compare(
      "submit", in: queue, numbers: FunctionWords.manyNumbers,
      // redis-benchmark may draw the same numbers again in another run.
      words: { words.anyService(of: NumberedIDs(), for: sample) }, before: {},
      prepare: { [maker, bench] in
        try maker.make(0..<bench.plan.commands, of: NumberedIDs(), priority: .normal, for: queue)
      },
      call: { broker, submissions, call in
        guard case .stored? = try await broker.submit([submissions[call]]).first else {
          throw BenchError("a new service was not stored as new; this is a bug")
        }
      })
  }

  private func claiming(in queue: QueueName) async throws -> Comparison {
    let saved = try await SavedQueue(queue.rawValue, site: bench.site, in: bench.redis)
    let request = CommandRequest(.claimNext(queue, lease: Self.longLease), by: employee)
    let words = try FunctionWords(await bench.broker.words(of: request, in: queue))
    let result = try await compare(
      "claim_next", in: queue, numbers: FunctionWords.manyNumbers, words: { words },
      before: { try await saved.putBack() }, prepare: {},
      call: { broker, _, _ in _ = try await broker.perform(request) })
    try await saved.putBack()
    try await saved.forget()
    return result
  }

  /// By a supervisor, who need not show the fence: `redis-benchmark` could not know it.
  private func completing(in queue: QueueName, _ family: NumberedIDs) async throws -> Comparison {
    let (broker, employee, supervisor) = (bench.broker, employee, supervisor)
    _ = try await Callers.run(bench.plan.callers, calls: bench.plan.pool, on: bench.executor) { _, _ in
      let claim = try await broker.perform(CommandRequest(.claimNext(queue, lease: Self.longLease), by: employee))
      let ref = ServiceRef(id: claim.service.id, queue: queue)
      let start = Command.start(ref, fence: claim.service.fence, lease: Self.longLease)
      _ = try await broker.perform(CommandRequest(start, by: employee))
    }
    try await bench.emptyOutbox()
    let saved = try await SavedQueue(queue.rawValue, site: bench.site, in: bench.redis)
    @Sendable func request(_ number: Int) throws -> CommandRequest {
      let ref = ServiceRef(id: try family.id(number), queue: queue)
      return CommandRequest(.complete(ref, fence: nil), by: supervisor)
    }
    let words = try FunctionWords(await broker.words(of: try request(0), in: queue))
      .anyService(of: family, for: family)
    let stride = bench.plan.pool / bench.plan.commands
    let result = try await compare(
      "complete", in: queue, numbers: bench.plan.pool, words: { words }, before: { try await saved.putBack() },
      prepare: { [bench] in try (0..<bench.plan.commands).map { try request($0 * stride) } },
      call: { broker, requests, call in _ = try await broker.perform(requests[call]) })
    try await saved.forget()
    return result
  }

  /// One run of ours and one of theirs, as often as the plan says, the first of the two by turns. `before` makes the queue ready for
  /// either, `prepare` what ours alone needs; neither is measured.
  private func compare<Prepared: Sendable>(
    _ name: String, in queue: QueueName, numbers: Int, words: () -> FunctionWords, before: () async throws -> Void,
    prepare: () throws -> Prepared,
    call: @escaping @Sendable (BrokerActor, Prepared, Int) async throws -> Void
  ) async throws -> Comparison {
    let commands = bench.plan.commands
    var ours: [Sample] = []
    var theirs: [TheirRun] = []
    for run in 0..<bench.plan.runs {
      for isOurs in run.isMultiple(of: 2) ? [true, false] : [false, true] {
        try await before()
        let version = try await bench.broker.queue(queue).version
        if isOurs {
          let prepared = try prepare()
          let broker = bench.broker
          ours.append(
            try await Callers.run(bench.plan.callers, calls: commands, on: bench.executor) { _, number in
              try await call(broker, prepared, number)
            }.sample)
        } else {
          let rate = try await bench.redis.rate(of: words().fresh(run), requests: commands, numbers: numbers)
          theirs.append(TheirRun(perSecond: rate, refused: 0, commands: commands))
        }
        let changes = Int(try await bench.broker.queue(queue).version - version)
        guard changes <= commands, !isOurs || changes == commands else {
          throw BenchError("\(commands) of \(name) changed \(queue) \(changes) times; this is a bug")
        }
        if !isOurs, let last = theirs.popLast() {
          theirs.append(TheirRun(perSecond: last.perSecond, refused: commands - changes, commands: commands))
        }
      }
    }
    return Comparison(
      ours: MeasuredResult(name: name, unit: "commands", callers: bench.plan.callers, bytes: nil, runs: ours),
      theirs: theirs)
  }

  static func table(_ comparisons: [Comparison]) -> Table {
    var table = Table(
      "single commands, beside redis-benchmark -c 1 -P 64 with the same function",
      [
        "command", "callers", "per second", "slowest..fastest run", "theirs", "slowest..fastest", "refused %", "ratio",
        "p50 us", "p99 us", "CPU us each",
      ])
    for comparison in comparisons {
      let ours = comparison.ours
      let latency = ours.median.latency.map { [$0.p50.readable, $0.p99.readable] } ?? ["-", "-"]
      let theirs = comparison.theirs
      let rates = theirs.map(\.perSecond)
      let refused = Double(theirs.reduce(0) { $0 + $1.refused }) / Double(theirs.reduce(0) { $0 + $1.commands })
      table.add(
        [
          ours.name, ours.callers.readable, ours.median.perSecond.readable, ours.rates.readable,
          comparison.theirRate.readable, ((rates.min() ?? 0)...(rates.max() ?? 0)).readable, (100 * refused).readable,
          comparison.ratio.readable,
        ] + latency + [comparison.cpuMicroseconds.readable])
    }
    return table
  }

  /// Longer than everything here takes.
  private static let longLease = LeaseDuration(milliseconds: 3_600_000)
}
