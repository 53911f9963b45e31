import CFanout

/// What connections cost that only wait: memory each, and CPU for pings.
struct MemoryMeasurement {
  struct Run: Sendable, Encodable {
    /// Resident bytes of the server before and with the connections.
    let before: Int
    let with: Int
    let bytesPerConnection: Double
    /// Whether the idle server was watched in this run.
    let idleSeconds: Double?
    let idleCPUSeconds: Double?
    let pings: UInt64
  }

  struct Results: Sendable, Encodable {
    let sockets: Int
    let runs: [Run]

    var median: Run { runs.sorted { $0.bytesPerConnection < $1.bytesPerConnection }[runs.count / 2] }
    /// The part of a core that the idle connections took, in per cent; nil when it was not watched through a ping.
    var idlePercent: Double? {
      guard let run = runs.first(where: { $0.idleSeconds != nil }), let seconds = run.idleSeconds,
        let cpu = run.idleCPUSeconds
      else { return nil }
      return cpu / seconds * 100
    }
    var pings: UInt64 { runs.map(\.pings).reduce(0, +) }
  }

  /// Connections that come and go first, so that what the server makes once is there, and little is left to be used again.
  private static let warmUp = 100

  let plan: FanoutPlan
  let interrupt: Interrupt

  func measure() throws -> Results {
    let runs = try (0..<plan.runs).map { number in
      try FanoutEnds.gateway(plan.many, interrupt) { server, loader in
        try run(server, loader, idle: number == 0 ? plan.idleSeconds : nil)
      }
    }
    return Results(sockets: plan.many, runs: runs)
  }

  private func run(_ server: ServerProcess, _ loader: Loader, idle: Double?) throws -> Run {
    try loader.connect(Self.warmUp, within: 30)
    try server.order("publish 4")
    try loader.await(BenchEvent.firstVersion + 4, within: 60)
    loader.cut()
    try loader.run(2)
    let before = try server.usage.residentBytes()
    try loader.connect(within: 60)
    try loader.run(1)
    let with = try server.usage.residentBytes()
    var cpu: Double?
    loader.reset()
    if let idle {
      let start = try server.usage.cpuSeconds()
      try loader.run(idle)
      cpu = try server.usage.cpuSeconds() - start
    }
    let pings = loader.counts.pings
    // They live and are subscribed, all of them.
    try server.order("publish 1")
    try loader.await(BenchEvent.firstVersion + 5, within: 60)
    return Run(
      before: before, with: with, bytesPerConnection: Double(with - before) / Double(plan.many), idleSeconds: idle,
      idleCPUSeconds: cpu, pings: pings)
  }
}

extension MemoryMeasurement.Results {
  var targets: [Target] {
    let what = "\(sockets.readable) idle connections"
    var targets = [Target("\(what), resident memory each", median.bytesPerConnection / 1_000, .atMost(9), "KB")]
    // Without pings it would be no work at all.
    if let idlePercent, pings >= UInt64(sockets) {
      targets.append(Target("\(what), CPU of a core", idlePercent, .below(2), "%"))
    }
    return targets
  }

  var table: Table {
    let all = runs.map(\.bytesPerConnection)
    var table = Table(
      "\(sockets.readable) connections, subscribed and idle",
      ["what", "median", "lowest..highest run"])
    table.add([
      "resident memory each, bytes", median.bytesPerConnection.readable,
      ((all.min() ?? 0)...(all.max() ?? 0)).readable,
    ])
    table.add(["resident memory before, bytes", median.before.readable, ""])
    if let idlePercent { table.add(["CPU of a core, %", idlePercent.readable, ""]) }
    table.add(["pings answered meanwhile", pings.readable, ""])
    return table
  }

  var checks: [String] {
    ["\(runs.count) times \(sockets.readable) idle connections: all got the event that ended the idleness"]
  }
}
