import Logging
import Reactor
import RedisBroker
import ServiceQueue

/// The four measurements of the Broker, and the checks after them.
struct QueueBenchmark: Sendable {
  /// How much is measured.
  struct Plan: Sendable {
    let count: Int
    let callers: Int
    let batch: Int
    let runs: Int
  }

  /// What came out.
  struct Outcome: Sendable {
    let results: [MeasuredResult]
    let checks: [String]
    let warnings: [String]
    let site: String
  }

  /// Services in the queue whose snapshots and moves are measured.
  static let standing = 500
  /// Snapshots of one run.
  static let snapshots = 500

  private let broker: BrokerActor
  private let plan: Plan

  /// Measures on the Redis at `url`, under a site of its own. Throws when a call fails or a check finds something wrong.
  static func run(_ plan: Plan, on url: RedisURL) async throws -> Outcome {
    let site = "bench-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let reactor = try Reactor(name: "bench-broker")
    let configuration = try BrokerConfiguration(redisURL: url, site: site, commandTimeout: .seconds(10))
    var logger = Logger(label: "usher-bench")
    logger.logLevel = .critical
    let broker = BrokerActor(configuration: configuration, reactor: reactor, logger: logger)
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await broker.run() }
      let result: Swift.Result<Outcome, any Error>
      do {
        result = .success(try await QueueBenchmark(broker: broker, plan: plan).measure(site))
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      return result
    }
    await reactor.shutdown()
    return try result.get()
  }

  private func measure(_ site: String) async throws -> Outcome {
    var runs: [Phases] = []
    var audit = QueueAudit(broker: broker)
    for number in 1...plan.runs {
      runs.append(try await measureOnce(number, &audit))
    }
    let results = [
      MeasuredResult(
        name: "submit, batches of \(plan.batch)", unit: "services", callers: 1, bytes: nil, runs: runs.map(\.submit)),
      MeasuredResult(
        name: "claim_next, start, complete", unit: "lives", callers: plan.callers, bytes: nil, runs: runs.map(\.lives)),
      MeasuredResult(
        name: "snapshot of \(Self.standing)", unit: "snapshots", callers: 1, bytes: nil, runs: runs.map(\.snapshot)),
      MeasuredResult(
        name: "move among \(Self.standing)", unit: "moves", callers: plan.callers, bytes: nil, runs: runs.map(\.move)),
    ]
    return Outcome(
      results: results, checks: audit.passed, warnings: await broker.health().warnings, site: site)
  }

  private struct Phases {
    let submit: Sample
    let lives: Sample
    let snapshot: Sample
    let move: Sample
  }

  private func measureOnce(_ number: Int, _ audit: inout QueueAudit) async throws -> Phases {
    let line = try queue("line-\(number)")
    let standing = try queue("standing-\(number)")
    for queue in [line, standing] { _ = try await broker.createQueue(queue) }
    var maker = try SampleSubmissions()
    let submissions = try maker.make(plan.count, for: line)
    let ids = Set(submissions.map(\.id))

    let submit = try await submit(submissions)
    try await audit.holds(line, exactly: ids)
    let lives = try await live(in: line)
    try await audit.endedOnce(line, ids: ids, answered: lives.completed)

    let standingSubmissions = try maker.make(Self.standing, for: standing)
    _ = try await self.submit(standingSubmissions)
    let snapshot = try await snapshot(standing)
    let move = try await move(standingSubmissions.map(\.id), in: standing)
    try await audit.holds(standing, exactly: Set(standingSubmissions.map(\.id)))
    try await audit.outboxTellsOnce(line, ids: ids, moves: plan.count, in: standing)
    return Phases(submit: submit, lives: lives.sample, snapshot: snapshot, move: move)
  }

  private func queue(_ name: String) throws -> QueueName {
    guard let queue = QueueName(name) else { throw BenchError("'\(name)' is not a queue name") }
    return queue
  }

  /// One batch under way at a time, as the intake does it.
  private func submit(_ submissions: [Submission]) async throws -> Sample {
    let size = plan.batch
    let batches = stride(from: 0, to: submissions.count, by: size).map { start in
      Array(submissions[start..<min(start + size, submissions.count)])
    }
    let (outcomes, sample) = try await Callers.run(1, calls: batches.count) { [broker] _, call in
      try await broker.submit(batches[call])
    }
    for outcome in outcomes.joined() {
      guard case .stored = outcome else { throw BenchError("a new service was not stored as new; this is a bug") }
    }
    return sample.counting(submissions.count)
  }

  private func live(in queue: QueueName) async throws -> (completed: [ServiceID], sample: Sample) {
    let agents = (0..<plan.callers).map { Principal(id: "agent-\($0)", name: "agent-\($0)", level: .agent) }
    let (completed, sample) = try await Callers.run(plan.callers, calls: plan.count) { [broker] caller, _ in
      let agent = agents[caller]
      let claim = try await broker.perform(CommandRequest(.claimNext(queue, lease: nil), by: agent))
      let ref = ServiceRef(id: claim.service.id, queue: queue)
      let fence = claim.service.fence
      _ = try await broker.perform(CommandRequest(.start(ref, fence: fence, lease: nil), by: agent))
      let end = try await broker.perform(CommandRequest(.complete(ref, fence: fence), by: agent))
      guard end.service.id == ref.id, end.service.state == .completed else {
        throw BenchError("completing a service left it \(end.service.state.rawValue); this is a bug")
      }
      return end.service.id
    }
    return (completed, sample)
  }

  private func snapshot(_ queue: QueueName) async throws -> Sample {
    try await Callers.run(1, calls: Self.snapshots) { [broker] _, _ in
      let snapshot = try await broker.snapshot(of: queue, limit: Self.standing)
      guard snapshot.services.count == Self.standing else {
        throw BenchError("a snapshot holds \(snapshot.services.count) services of \(Self.standing); this is a bug")
      }
    }.sample
  }

  /// Each call puts one service before another, both chosen by the call's number: the same in every run.
  private func move(_ ids: [ServiceID], in queue: QueueName) async throws -> Sample {
    let supervisor = Principal(id: "supervisor", name: "supervisor", level: .supervisor)
    return try await Callers.run(plan.callers, calls: plan.count) { [broker] _, call in
      let moved = Int(Scatter.value(call) % UInt64(ids.count))
      let step = 1 + Int(Scatter.value(call + plan.count) % UInt64(ids.count - 1))
      let target = ids[(moved + step) % ids.count]
      let ref = ServiceRef(id: ids[moved], queue: queue)
      _ = try await broker.perform(CommandRequest(.move(ref, to: .before(target)), by: supervisor))
    }.sample
  }
}

/// Numbers that look random and are the same every time: the finaliser of SplitMix64.
private enum Scatter {
  static func value(_ number: Int) -> UInt64 {
    var value = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
