import CFanout

/// All clients lose their connections at once and come back: how long it takes, and what it asks of PostgreSQL.
struct StormMeasurement {
  struct Run: Sendable, Encodable {
    /// From the cut until everyone was connected and subscribed again, with what was missed.
    let seconds: Double
    /// Of the median client, and of 99 % of them.
    let p50Seconds: Double
    let p99Seconds: Double
    /// Calls of the user store meanwhile.
    let accountCalls: Int
    /// Questions to the Broker for what was missed.
    let recoveries: Int
    /// Of the server's process, by the operating system.
    let cpuSeconds: Double
  }

  struct Results: Sendable, Encodable {
    let sockets: Int
    let runs: [Run]

    var median: Run { runs.sorted { $0.seconds < $1.seconds }[runs.count / 2] }
  }

  /// Events that everyone misses.
  private static let missed: UInt64 = 10

  let plan: FanoutPlan
  let interrupt: Interrupt

  func measure() throws -> Results {
    Results(
      sockets: plan.many, runs: try (0..<plan.runs).map { _ in try FanoutEnds.gateway(plan.many, interrupt, run) })
  }

  private func run(_ server: ServerProcess, _ loader: Loader) throws -> Run {
    var version = BenchEvent.firstVersion
    func publish(_ count: UInt64) throws {
      try server.order("publish \(count)")
      version += count
    }
    try loader.connect(within: 60)
    try publish(4)
    try loader.await(version, within: 60)
    try loader.run(1)
    let before = try counts(server)
    let cpu = try server.usage.cpuSeconds()
    loader.reset()
    let start = ContinuousClock.now
    loader.cut()
    try publish(Self.missed)
    let cut = (ContinuousClock.now - start) / .seconds(1)
    try loader.connect(within: 60)
    try loader.await(version, within: 60)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let spent = try server.usage.cpuSeconds() - cpu
    let after = try counts(server)
    let state = loader.state
    guard state.recovered == UInt32(plan.many), after.snapshots == before.snapshots else {
      throw BenchError("only \(state.recovered) of \(plan.many) clients recovered; the others began anew")
    }
    // They live, all of them.
    try publish(4)
    try loader.await(version, within: 60)
    let took = loader.took.sorted().map { $0 + cut }
    return Run(
      seconds: seconds, p50Seconds: took[took.count / 2], p99Seconds: took[took.count * 99 / 100],
      accountCalls: after.accounts - before.accounts, recoveries: after.recoveries - before.recoveries,
      cpuSeconds: spent)
  }

  private func counts(_ server: ServerProcess) throws -> (accounts: Int, snapshots: Int, recoveries: Int) {
    try server.order("counts")
    let numbers = try server.answer("counts", within: 60)
    guard numbers.count == 3 else { throw BenchError("the server counts \(numbers)") }
    return (numbers[0], numbers[1], numbers[2])
  }
}

extension StormMeasurement.Results {
  var targets: [Target] {
    let what = "\(sockets.readable) clients cut at once"
    return [
      Target("\(what), all back", median.seconds, .atMost(15), "s"),
      Target("\(what), user store's calls a client", Double(median.accountCalls) / Double(sockets), .atMost(0.01)),
    ]
  }

  var table: Table {
    let all = runs.map(\.seconds)
    var table = Table("\(sockets.readable) clients cut at once", ["what", "median run", "fastest..slowest run"])
    table.add(["all back, s", median.seconds.readable, ((all.min() ?? 0)...(all.max() ?? 0)).readable])
    table.add(["half of them back, s", median.p50Seconds.readable, ""])
    table.add(["99 % of them back, s", median.p99Seconds.readable, ""])
    table.add(["server CPU a client, us", (median.cpuSeconds / Double(sockets) * 1e6).readable, ""])
    table.add(["calls of the user store", median.accountCalls.readable, ""])
    table.add(["questions to the Broker for what was missed", median.recoveries.readable, ""])
    return table
  }

  var checks: [String] {
    ["\(runs.count) storms: every client got what it missed and was at the right version, none began anew"]
  }
}
