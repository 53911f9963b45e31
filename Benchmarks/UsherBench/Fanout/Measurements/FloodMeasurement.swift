import CFanout

/// Events as fast as all clients take them: how many deliveries a second, and whether any client is left behind.
///
/// New events are ordered when the slowest client is three quarters of a window behind, so that there is always something to be
/// sent and never more than a server may keep for a client.
struct FloodMeasurement {
  /// One run against one server.
  struct Run: Sendable, Encodable {
    let seconds: Double
    let deliveries: UInt64
    /// Deliveries that came in one WebSocket frame, on average.
    let joined: Double
    /// Of the server's process, by the operating system.
    let cpuSeconds: Double
    /// Of this process, which has the clients.
    let clientsCPUSeconds: Double
    /// What the client that got the fewest events got of what the one got that got the most.
    let slowestByFastest: Double
    /// The longest that any client was without an event.
    let longestPauseSeconds: Double

    var perSecond: Double { Double(deliveries) / seconds }
    var cpuMicroseconds: Double { cpuSeconds / Double(deliveries) * 1e6 }
  }

  /// All runs at one number of sockets, ours and the floor's by turns.
  struct Results: Sendable, Encodable {
    let sockets: Int
    let window: Int
    let usher: [Run]
    let floor: [Run]

    /// The run with the median rate, whole.
    static func median(_ runs: [Run]) -> Run { runs.sorted { $0.perSecond < $1.perSecond }[(runs.count - 1) / 2] }
    /// Our rate by the floor's.
    var ratio: Double { Self.median(usher).perSecond / Self.median(floor).perSecond }
  }

  let plan: FanoutPlan
  let interrupt: Interrupt

  func measure() throws -> [Results] {
    try [plan.sockets, plan.many].map { sockets in
      // As many bytes on their way to all sockets together, however many these are.
      let window = max(16, min(plan.window, plan.window * plan.sockets / sockets))
      var usher: [Run] = []
      var floor: [Run] = []
      var event = ""
      for _ in 0..<plan.runs {
        usher.append(
          try FanoutEnds.gateway(sockets, interrupt) { server, loader in
            defer { event = loader.sample }
            return try run(server, loader, window)
          })
        floor.append(
          try FanoutEnds.floor(sockets, window: window, event: event, interrupt) { try run($0, $1, window) })
      }
      return Results(sockets: sockets, window: window, usher: usher, floor: floor)
    }
  }

  private func run(_ server: ServerProcess, _ loader: Loader, _ window: Int) throws -> Run {
    try loader.connect(within: 60)
    let begun = try loader.flood(
      server, window: window, after: BenchEvent.firstVersion, seconds: plan.warmUp)
    loader.reset()
    let (stopwatch, cpu) = (Stopwatch(), try server.usage.cpuSeconds())
    let ordered = try loader.flood(server, window: window, after: begun, seconds: plan.floodSeconds)
    let spent = try server.usage.cpuSeconds() - cpu
    let counts = loader.counts
    let clients = stopwatch.sample(operations: Int(counts.deliveries))
    guard counts.deliveries > 0 else { throw BenchError("no event came in \(plan.floodSeconds) s") }
    // What was ordered must come, to everyone.
    try loader.await(ordered, within: 60)
    return Run(
      seconds: clients.seconds, deliveries: counts.deliveries,
      joined: Double(counts.deliveries) / Double(counts.frames), cpuSeconds: spent,
      clientsCPUSeconds: clients.cpuSeconds, slowestByFastest: Double(counts.fewest) / Double(max(1, counts.most)),
      longestPauseSeconds: Double(counts.longest_pause) / 1e6)
  }
}

extension FloodMeasurement.Results {
  var targets: [Target] {
    let run = Self.median(usher)
    return [
      Target("\(sockets.readable) sockets, flood, deliveries/s", run.perSecond, .atLeast(1_000_000), "/s"),
      Target("\(sockets.readable) sockets, flood, slowest client by fastest", run.slowestByFastest, .atLeast(0.9)),
    ]
  }

  static func table(_ all: [Self]) -> Table {
    var table = Table(
      "flood, events of \(BenchEvent.size) bytes as fast as they are taken",
      [
        "server", "sockets", "deliveries/s", "slowest..fastest run", "by floor", "a frame", "CPU us each",
        "clients' CPU us", "slowest client by fastest", "longest pause ms",
      ])
    for results in all {
      for (name, runs, ratio) in [
        ("Usher", results.usher, results.ratio.readable), ("floor, bare C", results.floor, ""),
      ] {
        let run = Self.median(runs)
        let rates = runs.map(\.perSecond)
        table.add([
          name, results.sockets.readable, run.perSecond.readable,
          ((rates.min() ?? 0)...(rates.max() ?? 0)).readable, ratio, run.joined.readable,
          run.cpuMicroseconds.readable, (run.clientsCPUSeconds / Double(run.deliveries) * 1e6).readable,
          run.slowestByFastest.readable, (run.longestPauseSeconds * 1_000).readable,
        ])
      }
    }
    return table
  }

  var checks: [String] {
    ["\(usher.count + floor.count) floods of \(sockets.readable) sockets: no client saw a gap, and all came to the end"]
  }
}
