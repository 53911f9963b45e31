import RedisBroker
import ServiceQueue

/// The calls that keep Redis longest, on a queue as long as the longest: it is what they do there that counts, not their latency.
struct HeavyCalls {
  private let bench: QueueBenchmark
  private let queue: QueueName
  private let leases: QueueName
  private let ids: [ServiceID]

  private static let repetitions = 3
  private static let leased = 300
  private static let movesToOnePlace = 300
  private static let shortestLease = LeaseDuration(milliseconds: 5_000)

  init(_ bench: QueueBenchmark) async throws {
    self.bench = bench
    queue = try await bench.createQueue("heavy")
    leases = try await bench.createQueue("leases")
    var maker = try SampleSubmissions()
    let submissions = try maker.make(max(bench.plan.sizes.last ?? 0, 2 * Self.movesToOnePlace), for: queue)
    try await bench.submit(submissions)
    ids = submissions.map(\.id)
    try await bench.submit(try maker.make(Self.leased, for: leases))
  }

  /// Lets leases begin that end together before `call` is over.
  func begin() async throws {
    for _ in 0..<Self.leased {
      let claim = Command.claimNext(leases, lease: Self.shortestLease)
      _ = try await bench.broker.perform(CommandRequest(claim, by: bench.employee("sleeper")))
    }
  }

  func call() async throws {
    let broker = bench.broker
    var maker = try SampleSubmissions()
    for _ in 0..<Self.repetitions {
      try await bench.submit(try maker.make(BrokerLimits.submitBatch, for: queue))
      _ = try await broker.snapshot(of: queue, limit: BrokerLimits.snapshot)
      let page = try await broker.list(ServiceListQuery(queue: queue, limit: BrokerLimits.page))
      // Finds nothing, and so looks at as many as it may.
      _ = try await broker.list(ServiceListQuery(queue: queue, states: [.serving], limit: BrokerLimits.page))
      let version = page.version - UInt64(BrokerLimits.events)
      _ = try await broker.events(of: queue, epoch: page.epoch, after: version, limit: BrokerLimits.events)
    }
    // The gap there is soon used up: renumbering.
    let supervisor = bench.employee("supervisor", .supervisor)
    for id in ids.dropFirst(ids.count / 2 + 1).prefix(Self.movesToOnePlace) {
      let move = Command.move(ServiceRef(id: id, queue: queue), to: .before(ids[ids.count / 2]))
      _ = try await broker.perform(CommandRequest(move, by: supervisor))
    }
    try await leasesHaveEnded()
  }

  private func leasesHaveEnded() async throws {
    let end = ContinuousClock.now + .seconds(15)
    while try await bench.broker.queue(leases).waiting < Self.leased {
      guard ContinuousClock.now < end else {
        throw BenchError("leases of 5 seconds have not all ended after 15; this is a bug")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
