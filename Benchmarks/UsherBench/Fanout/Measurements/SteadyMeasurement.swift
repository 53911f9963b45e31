import CFanout

/// Events at an even rate to many sockets: what a delivery costs, and how old an event is when it comes.
struct SteadyMeasurement {
  /// One run against one server.
  struct Run: Sendable, Encodable {
    let seconds: Double
    let deliveries: UInt64
    /// Of the server's process, by the operating system.
    let cpuSeconds: Double
    /// Bytes that a client received for an event, frame and all.
    let bytesPerEvent: Double
    /// Deliveries that came in one WebSocket frame, on average: above 1 where the server was late and joined them.
    let joined: Double
    let latency: Latency
    let curve: LatencyCurve

    var cpuMicroseconds: Double { cpuSeconds / Double(deliveries) * 1e6 }

    private enum CodingKeys: String, CodingKey {
      case seconds, deliveries, cpuSeconds, cpuMicroseconds, bytesPerEvent, joined, latency
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(seconds, forKey: .seconds)
      try container.encode(deliveries, forKey: .deliveries)
      try container.encode(cpuSeconds, forKey: .cpuSeconds)
      try container.encode(cpuMicroseconds, forKey: .cpuMicroseconds)
      try container.encode(bytesPerEvent, forKey: .bytesPerEvent)
      try container.encode(joined, forKey: .joined)
      try container.encode(latency, forKey: .latency)
    }
  }

  /// All runs, ours and the floor's by turns.
  struct Results: Sendable, Encodable {
    let sockets: Int
    let rate: Int
    let usher: [Run]
    let floor: [Run]
    /// Ours over the real Broker and a Redis; empty if that was not asked for.
    let overRedis: [Run]
    /// An event on the wire.
    let sample: String

    /// The run with the median CPU time a delivery, whole.
    static func median(_ runs: [Run]) -> Run {
      runs.sorted { $0.cpuMicroseconds < $1.cpuMicroseconds }[(runs.count - 1) / 2]
    }
    /// CPU by the floor's.
    var ratio: Double { Self.median(usher).cpuMicroseconds / Self.median(floor).cpuMicroseconds }
  }

  let plan: FanoutPlan
  let interrupt: Interrupt

  func measure() throws -> Results {
    var usher: [Run] = []
    var floor: [Run] = []
    var overRedis: [Run] = []
    var sample = ""
    for number in 0..<plan.runs {
      usher.append(
        try FanoutEnds.gateway(plan.sockets, interrupt) { server, loader in
          let run = try run(server, loader)
          sample = loader.sample
          return run
        })
      floor.append(try FanoutEnds.floor(plan.sockets, window: plan.window, event: sample, interrupt, run))
      if let url = plan.redisURL {
        let site = FanoutEnds.RedisSite(url: url, site: "bench-\(number)")
        overRedis.append(try FanoutEnds.gateway(plan.sockets, over: site, interrupt, run))
      }
    }
    return Results(
      sockets: plan.sockets, rate: plan.rate, usher: usher, floor: floor, overRedis: overRedis, sample: sample)
  }

  private func run(_ server: ServerProcess, _ loader: Loader) throws -> Run {
    try loader.connect(within: 30)
    let count = Int((plan.warmUp + plan.steadySeconds + 0.5) * Double(plan.rate))
    try server.order("steady \(plan.rate) \(count)")
    try loader.run(plan.warmUp)
    loader.reset()
    let (start, cpu) = (cfanout_now(), try server.usage.cpuSeconds())
    try loader.run(plan.steadySeconds)
    let seconds = Double(cfanout_now() - start) / 1e6
    let spent = try server.usage.cpuSeconds() - cpu
    let (counts, curve) = (loader.counts, loader.latencies)
    // Not a part of what is measured, but of what must be right.
    try loader.await(server.kind.firstVersion + UInt64(count), within: 60)
    _ = try server.answer("done", within: 60)
    guard counts.deliveries > 0 else { throw BenchError("no event came in \(plan.steadySeconds) s") }
    return Run(
      seconds: seconds, deliveries: counts.deliveries, cpuSeconds: spent,
      bytesPerEvent: Double(counts.bytes) / Double(counts.deliveries),
      joined: Double(counts.deliveries) / Double(counts.frames), latency: curve.latency, curve: curve)
  }
}

extension SteadyMeasurement.Results {
  var targets: [Target] {
    let run = Self.median(usher)
    let what = "\(sockets.readable) sockets, \(rate) events/s"
    return [
      Target("\(what), server CPU a delivery", run.cpuMicroseconds, .atMost(6.5), "us"),
      Target("\(what), latency p99", Double(run.latency.p99) / 1_000, .atMost(13), "ms"),
    ]
  }

  var table: Table {
    var table = Table(
      "steady, \(sockets.readable) sockets, \(rate) events/s of \(BenchEvent.size) bytes",
      [
        "server", "deliveries", "CPU us each", "lowest..highest run", "bytes each", "a frame", "p50 ms", "p99 ms",
        "p99.9 ms",
        "max ms",
      ])
    let all = [("Usher", usher), ("floor, bare C", floor), ("Usher over Redis", overRedis)]
    for (name, runs) in all where !runs.isEmpty {
      let run = Self.median(runs)
      let all = runs.map(\.cpuMicroseconds)
      table.add([
        name, run.deliveries.readable, run.cpuMicroseconds.readable,
        ((all.min() ?? 0)...(all.max() ?? 0)).readable, run.bytesPerEvent.readable, run.joined.readable,
        run.latency.p50.milliseconds,
        run.latency.p99.milliseconds, run.latency.p999.milliseconds, run.latency.max.milliseconds,
      ])
    }
    table.add(["Usher by floor", "", ratio.readable, "", "", "", "", "", "", ""])
    return table
  }

  var checks: [String] {
    ["\(usher.count + floor.count + overRedis.count) steady runs: every client got every event, in order"]
  }
}
