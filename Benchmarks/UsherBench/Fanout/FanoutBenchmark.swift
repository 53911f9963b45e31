/// How much is measured.
struct FanoutPlan: Sendable {
  /// What is measured.
  enum Part: String, Sendable, CaseIterable {
    case steady, flood, memory, storm
  }

  let parts: [Part]
  let runs: Int
  /// The sockets of the steady load and of one flood, and those of everything else.
  let sockets: Int
  let many: Int
  /// Events a second of the steady load.
  let rate: Int
  /// Seconds before it is measured.
  let warmUp: Double
  let steadySeconds: Double
  let floodSeconds: Double
  let idleSeconds: Double
  /// Events that are under way in a flood to so many sockets as `sockets`.
  let window: Int
  /// A Redis to measure the steady load over, too.
  var redisURL: String?
}

/// Every part, one after another, each run with a server of its own.
struct FanoutBenchmark {
  struct Results: Sendable, Encodable {
    var steady: SteadyMeasurement.Results?
    var flood: [FloodMeasurement.Results] = []
    var memory: MemoryMeasurement.Results?
    var storm: StormMeasurement.Results?

    var targets: [Target] {
      (steady?.targets ?? []) + flood.flatMap(\.targets) + (memory?.targets ?? []) + (storm?.targets ?? [])
    }
    var tables: [Table] {
      let floods = flood.isEmpty ? nil : FloodMeasurement.Results.table(flood)
      return [steady?.table, floods, memory?.table, storm?.table].compactMap(\.self)
    }
    var checks: [String] {
      (steady?.checks ?? []) + flood.flatMap(\.checks) + (memory?.checks ?? []) + (storm?.checks ?? [])
    }
  }

  /// Measures; blocks its thread. Throws when a check finds something wrong.
  static func run(_ plan: FanoutPlan, _ interrupt: Interrupt) throws -> Results {
    // Clients and what else is open, in this process and in the server's.
    try OpenFiles.allow(max(plan.sockets, plan.many) + 200)
    var results = Results()
    for part in plan.parts {
      switch part {
      case .steady: results.steady = try SteadyMeasurement(plan: plan, interrupt: interrupt).measure()
      case .flood: results.flood = try FloodMeasurement(plan: plan, interrupt: interrupt).measure()
      case .memory: results.memory = try MemoryMeasurement(plan: plan, interrupt: interrupt).measure()
      case .storm: results.storm = try StormMeasurement(plan: plan, interrupt: interrupt).measure()
      }
    }
    return results
  }
}
