import RedisBroker
import ServiceQueue

/// Batches of submissions, and whole lives of services by many employees; what they leave behind is audited.
struct LivesMeasurement {
  private let bench: QueueBenchmark

  init(_ bench: QueueBenchmark) { self.bench = bench }

  func measure(_ audit: inout QueueAudit) async throws -> [MeasuredResult] {
    var batches: [Sample] = []
    var lives: [Sample] = []
    for number in 1...bench.plan.runs {
      let queue = try await bench.createQueue("line-\(number)")
      var maker = try SampleSubmissions()
      let submissions = try maker.make(bench.plan.lives, for: queue)
      let ids = Set(submissions.map(\.id))
      batches.append(try await bench.submit(submissions, batch: bench.plan.batch))
      try await audit.holds(queue, exactly: ids)
      let (completed, sample) = try await live(in: queue)
      lives.append(sample)
      try await audit.endedOnce(queue, ids: ids, answered: completed)
      try await audit.outboxTellsOnce(queue, ids: ids)
    }
    return [
      MeasuredResult(
        name: "submit, batches of \(bench.plan.batch)", unit: "services", callers: 1, bytes: nil, runs: batches),
      MeasuredResult(
        name: "claim_next, start, complete", unit: "lives", callers: bench.plan.callers, bytes: nil, runs: lives),
    ]
  }

  private func live(in queue: QueueName) async throws -> (values: [ServiceID], sample: Sample) {
    let agents = (0..<bench.plan.callers).map { bench.employee("agent-\($0)") }
    let broker = bench.broker
    return try await Callers.run(bench.plan.callers, calls: bench.plan.lives, on: bench.executor) { caller, _ in
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
  }

  static func table(_ results: [MeasuredResult]) -> Table {
    var table = Table(
      "whole lives",
      [
        "measurement", "callers", "total", "seconds", "per second", "slowest..fastest run", "p50 us", "p99 us",
        "p99.9 us", "CPU us each",
      ])
    for result in results {
      let median = result.median
      let latency = median.latency.map { [$0.p50, $0.p99, $0.p999].map(\.readable) } ?? ["-", "-", "-"]
      table.add(
        [
          result.name, result.callers.readable, "\(median.operations.readable) \(result.unit)", median.seconds.readable,
          median.perSecond.readable, result.rates.readable,
        ] + latency + [(median.cpuSecondsPerOperation * 1e6).readable])
    }
    return table
  }
}
