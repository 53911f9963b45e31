import RedisBroker
import ServiceQueue

/// The Broker over a Redis: every part, one after another, on the same Redis.
struct QueueBenchmark: Sendable {
  /// How much is measured.
  struct Plan: Sendable {
    /// Concurrent callers.
    let callers: Int
    /// Runs, of which the median is shown.
    let runs: Int
    /// Services submitted and handled in each run of `LivesMeasurement`.
    let lives: Int
    /// Services in one batch of submissions there.
    let batch: Int
    /// Commands in each run of `RateMeasurement`.
    let commands: Int
    /// Services that the random ids of its `complete` are taken from.
    let pool: Int
    /// Lengths of the queues in `SizeMeasurement`.
    let sizes: [Int]
    /// Calls of each kind in each run there.
    let samples: Int
    /// Races in each run of `RaceMeasurement`.
    let races: Int
    /// Racers in each.
    let racers: Int
  }

  /// What came out.
  struct Results: Sendable, Encodable {
    let lives: [MeasuredResult]
    let rates: [RateMeasurement.Comparison]
    let sizes: SizeMeasurement.Results
    let races: RaceMeasurement.Results
  }

  /// With what was checked.
  struct Outcome: Sendable {
    let results: Results
    let checks: [String]
    let warnings: [String]

    var targets: [Target] {
      results.rates.flatMap(\.targets) + results.sizes.targets + results.races.targets
    }
    var tables: [Table] {
      [LivesMeasurement.table(results.lives), RateMeasurement.table(results.rates)] + results.sizes.tables
        + [results.races.table]
    }
  }

  let broker: BrokerActor
  let redis: PrivateRedis
  let site: String
  let plan: Plan

  /// The reactor on which the callers run too, as the server's own hot tasks can.
  var executor: any TaskExecutor { broker.reactor }

  /// Measures. Throws when a call fails or a check finds something wrong.
  static func run(_ plan: Plan, on redis: PrivateRedis) async throws -> Outcome {
    try await BenchBroker.with(on: redis) { broker in
      let benchmark = QueueBenchmark(broker: broker, redis: redis, site: BenchBroker.site, plan: plan)
      return try await withTaskExecutorPreference(broker.reactor) { try await benchmark.measure() }
    }
  }

  private func measure() async throws -> Outcome {
    var audit = QueueAudit(broker: broker)
    let lives = try await LivesMeasurement(self).measure(&audit)
    let rates = try await RateMeasurement(self).measure()
    let sizes = try await SizeMeasurement(self).measure(&audit)
    let races = try await RaceMeasurement(self).measure()
    return Outcome(
      results: Results(lives: lives, rates: rates, sizes: sizes, races: races),
      checks: audit.passed + races.checks, warnings: await broker.health().warnings)
  }
}

// What the parts share.
extension QueueBenchmark {
  /// Makes a queue.
  func createQueue(_ name: String) async throws -> QueueName {
    guard let queue = QueueName(name) else { throw BenchError("'\(name)' is not a queue name") }
    _ = try await broker.createQueue(queue)
    return queue
  }

  /// Submits new services in batches of `size`, one under way at a time, as the intake does it.
  @discardableResult
  func submit(_ submissions: [Submission], batch size: Int = BrokerLimits.submitBatch) async throws -> Sample {
    let batches = stride(from: 0, to: submissions.count, by: size).map { start in
      Array(submissions[start..<min(start + size, submissions.count)])
    }
    let (outcomes, sample) = try await Callers.run(1, calls: batches.count, on: executor) { [broker] _, call in
      try await broker.submit(batches[call])
    }
    for outcome in outcomes.joined() {
      guard case .stored = outcome else { throw BenchError("a new service was not stored as new; this is a bug") }
    }
    return sample.counting(submissions.count)
  }

  /// Forgets what the history would be told, which nobody reads here.
  func emptyOutbox() async throws {
    try await redis.ask([["XTRIM", "usher:{\(site)}:outbox", "MAXLEN", "0"]])
  }

  /// An employee without limits of its own.
  func employee(_ name: String, _ level: AccessLevel = .agent) -> Principal {
    Principal(id: name, name: name, level: level)
  }
}
