import BrokerRPC
import Logging
import Reactor
import RedisBroker
import ServiceQueue

/// The same calls to the Broker in this process and through gRPC, in turns.
struct RpcBenchmark: Sendable {
  let callers: Int
  let runs: Int
  let count: Int

  /// What came out.
  struct Results: Sendable, Encodable {
    /// One call, to the Broker in this process and through gRPC.
    struct Row: Sendable, Encodable {
      let local: MeasuredResult
      let remote: MeasuredResult

      var ratio: Double { remote.median.perSecond / local.median.perSecond }
    }

    let rows: [Row]

    var targets: [Target] {
      rows.map { Target("\($0.local.name) through gRPC, beside the one in this process", $0.ratio, .atLeast(0.4)) }
    }

    var table: Table {
      var table = Table("operations a second", ["call", "in process", "through gRPC", "ratio"])
      for row in rows {
        table.add([
          row.local.name, row.local.median.perSecond.readable, row.remote.median.perSecond.readable,
          row.ratio.readable,
        ])
      }
      return table
    }
  }

  func run(on redis: PrivateRedis) async throws -> Results {
    try await BenchBroker.with(on: redis) { try await measure($0) }
  }

  /// With a server of that Broker on the loopback interface, and a client of it.
  private func measure(_ broker: BrokerActor) async throws -> Results {
    var logger = Logger(label: "usher-bench")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let server = BrokerServer(
      host: "127.0.0.1", port: 0, security: .plaintext, broker: broker, isReady: { true }, logger: logger,
      onRunning: { port.yield($0) })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await server.run()
        port.finish()
      }
      guard let number = await ports.first(where: { _ in true }) else { throw BenchError("gRPC does not listen") }
      let remote = try RemoteBroker(
        RemoteBrokerConfiguration(
          addresses: [BrokerAddress(host: "127.0.0.1", port: number)], security: .plaintext,
          commandTimeout: .seconds(10)), logger: logger)
      group.addTask { try? await remote.run() }
      defer { group.cancelAll() }
      return try await measure(broker, remote, broker.reactor)
    }
  }

  private func measure(_ local: BrokerActor, _ remote: RemoteBroker, _ reactor: Reactor) async throws -> Results {
    guard let queue = QueueName("rpc") else { throw BenchError("no queue name") }
    _ = try await local.createQueue(queue)
    var samples = try SampleSubmissions()
    var submits: [Bool: [Sample]] = [:]
    var claims: [Bool: [Sample]] = [:]
    let submitters = 4
    for _ in 0..<runs {
      for isRemote in [false, true] {
        let broker: any Broker = isRemote ? remote : local
        let all = try samples.make(count, for: queue)
        let batches = stride(from: 0, to: count, by: 100).map { Array(all[$0..<min($0 + 100, count)]) }
        let (_, submit) = try await Callers.run(submitters, calls: batches.count, on: reactor) { _, call in
          try await broker.submit(batches[call]).count
        }
        submits[isRemote, default: []].append(submit.counting(count))
        let (_, claim) = try await Callers.run(callers, calls: count, on: reactor) { caller, _ in
          let employee = Principal(id: "e\(caller)", name: "e\(caller)", level: .agent)
          return try await broker.perform(CommandRequest(.claimNext(queue, lease: nil), by: employee)).queueVersion
        }
        claims[isRemote, default: []].append(claim)
      }
    }
    func row(_ name: String, _ callers: Int, _ samples: [Bool: [Sample]]) -> Results.Row {
      func result(_ isRemote: Bool) -> MeasuredResult {
        MeasuredResult(name: name, unit: "services", callers: callers, bytes: nil, runs: samples[isRemote] ?? [])
      }
      return Results.Row(local: result(false), remote: result(true))
    }
    return Results(rows: [row("claim_next", callers, claims), row("submit, by 100", submitters, submits)])
  }
}
