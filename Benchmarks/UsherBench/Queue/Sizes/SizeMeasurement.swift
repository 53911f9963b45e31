import RedisBroker
import ServiceQueue

/// The same calls on queues of different lengths, one at a time by one caller, the queues by turns so that what disturbs one
/// disturbs all; the calls that keep Redis longest; and what a service costs in Redis.
struct SizeMeasurement {
  /// What is called.
  enum Call: String, CaseIterable, Sendable, Encodable, CodingKeyRepresentable {
    case claimNext = "claim_next"
    case position
    case page = "page of 100"
    case moveFirst = "move first"
    case moveLast = "move last"
    case moveBetween = "move between"
    case snapshot = "snapshot of 500"
  }

  /// Calls at one length; each the median of the runs, in microseconds.
  struct Row: Sendable, Encodable {
    let size: Int
    let p50: [Call: Double]
    let p99: [Call: Double]
  }

  let bench: QueueBenchmark
  private let broker: BrokerActor
  private let employee: Principal
  private let supervisor: Principal

  init(_ bench: QueueBenchmark) {
    self.bench = bench
    broker = bench.broker
    employee = bench.employee("clerk")
    supervisor = bench.employee("supervisor", .supervisor)
  }

  func measure(_ audit: inout QueueAudit) async throws -> Results {
    var maker = try SampleSubmissions()
    var queues: [SizedQueue] = []
    var memory: Memory?
    for size in bench.plan.sizes {
      let name = try await bench.createQueue("size-\(size)")
      try await bench.emptyOutbox()
      let before = try await bench.redis.usedMemory()
      let submissions = try maker.make(size, for: name)
      try await bench.submit(submissions)
      try await bench.emptyOutbox()
      let used = try await bench.redis.usedMemory() - before
      memory = try await Memory(of: name, size: size, used: used, bench)
      queues.append(SizedQueue(name, ids: submissions.map(\.id)))
    }
    guard let memory else { throw BenchError("no sizes to measure") }
    let heavy = try await HeavyCalls(bench)
    var runs: [[[Call: Latency]]] = []
    var longest: [[String: Int]] = []
    for run in 0..<bench.plan.runs {
      _ = try await bench.redis.takeSlowCalls()
      try await heavy.begin()
      runs.append(try await measure(&queues, &maker, seed: UInt64(run)))
      try await heavy.call()
      longest.append(
        Dictionary(try await bench.redis.takeSlowCalls().map { ($0.function, $0.microseconds) }, uniquingKeysWith: max))
      try await bench.emptyOutbox()
    }
    for queue in queues { try await audit.holds(queue.name, exactly: Set(queue.ids)) }
    let rows = queues.indices.map { index in
      Row(
        size: queues[index].size,
        p50: Self.medians(runs.map { $0[index].mapValues { Double($0.p50) } }),
        p99: Self.medians(runs.map { $0[index].mapValues { Double($0.p99) } }))
    }
    return Results(rows: rows, longest: Self.functions(longest), memory: memory)
  }

  /// One run: every call on every queue, by turns.
  private func measure(
    _ queues: inout [SizedQueue], _ maker: inout SampleSubmissions, seed: UInt64
  ) async throws -> [[Call: Latency]] {
    var random = SeededRandom(seed: seed)
    var times = [[Call: [UInt64]]](repeating: [:], count: queues.count)
    func timed<Value>(_ call: Call, _ index: Int, _ body: () async throws -> Value) async throws -> Value {
      let start = ContinuousClock.now
      let value = try await body()
      times[index][call, default: []].append(start.nanosecondsAgo)
      return value
    }
    for sample in 0..<bench.plan.samples {
      for index in queues.indices {
        try Task.checkCancellation()
        let name = queues[index].name
        let position = try await timed(.position, index) {
          try await broker.position(of: try queues[index].any(&random))
        }
        let cursor = ListCursor(order: position.service.order, id: position.service.id)
        let query = ServiceListQuery(queue: name, after: queues[index].size > 100 ? cursor : nil, limit: 100)
        _ = try await timed(.page, index) { try await broker.list(query) }
        for (call, target) in [
          (Call.moveFirst, MoveTarget.first), (.moveLast, .last), (.moveBetween, .before(position.service.id)),
        ] {
          var id = try queues[index].any(&random)
          while id == position.service.id { id = try queues[index].any(&random) }
          let request = CommandRequest(.move(ServiceRef(id: id, queue: name), to: target), by: supervisor)
          _ = try await timed(call, index) { try await broker.perform(request) }
        }
        if sample.isMultiple(of: 4) {
          _ = try await timed(.snapshot, index) { try await broker.snapshot(of: name, limit: 500) }
        }
        let request = CommandRequest(.claimNext(name, lease: nil), by: employee)
        let claimed = try await timed(.claimNext, index) { try await broker.perform(request) }.service
        try await replace(claimed, in: &queues[index], &maker)
      }
    }
    return times.map { $0.mapValues { Latency(nanoseconds: $0) } }
  }

  /// Ends a claimed service and submits another, so that the queue is as long as before.
  private func replace(
    _ claimed: Service, in queue: inout SizedQueue, _ maker: inout SampleSubmissions
  ) async throws {
    let ref = ServiceRef(id: claimed.id, queue: queue.name)
    _ = try await broker.perform(CommandRequest(.start(ref, fence: claimed.fence, lease: nil), by: employee))
    _ = try await broker.perform(CommandRequest(.complete(ref, fence: claimed.fence), by: employee))
    let new = try maker.make(1, for: queue.name)
    try queue.replace(claimed.id, by: new[0].id)
    try await bench.submit(new)
  }

  private static func medians(_ runs: [[Call: Double]]) -> [Call: Double] {
    var result: [Call: Double] = [:]
    for call in Call.allCases {
      let values = runs.compactMap { $0[call] }.sorted()
      if !values.isEmpty { result[call] = values[(values.count - 1) / 2] }
    }
    return result
  }

  /// The functions that Redis saw, the longest first.
  private static func functions(_ runs: [[String: Int]]) -> [LongFunction] {
    Set(runs.flatMap(\.keys)).map { name in
      LongFunction(name: name, longest: runs.map { $0[name] ?? 0 })
    }.sorted { ($1.microseconds, $0.name) < ($0.microseconds, $1.name) }
  }
}
