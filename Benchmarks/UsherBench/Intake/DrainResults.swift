extension DrainMeasurement.Results {
  private static func median(_ runs: [DrainMeasurement.Run]) -> DrainMeasurement.Run {
    runs.sorted { $0.perSecond < $1.perSecond }[(runs.count - 1) / 2]
  }

  private var function: Double { redisBenchmark.sorted()[(redisBenchmark.count - 1) / 2] }

  var targets: [Target] {
    let ours = Self.median(usher).perSecond
    return [
      Target("drain, rate by redis-benchmark's", ours / function, .atLeast(0.4)),
      Target("drain, rate by Go's, a command at a time", ours / Self.median(goSingle).perSecond, .atLeast(5)),
      Target("drain, rate by Go's, batched", ours / Self.median(goBatched).perSecond, .atLeast(1.1)),
    ]
  }

  var table: Table {
    var table = Table(
      "\((usher.first?.requests ?? 0).readable) persistent requests of \(IntakeRequests.size) bytes, quorum queue to Redis",
      ["who", "requests/s", "slowest..fastest run", "CPU us each"])
    for (name, runs) in [("usher", usher), ("Go, one at a time", goSingle), ("Go, batched", goBatched)] {
      let (median, rates) = (Self.median(runs), runs.map(\.perSecond))
      table.add([
        name, median.perSecond.readable, ((rates.min() ?? 0)...(rates.max() ?? 0)).readable,
        median.cpuMicroseconds.readable,
      ])
    }
    table.add([
      "redis-benchmark -P 64, the function alone", function.readable,
      ((redisBenchmark.min() ?? 0)...(redisBenchmark.max() ?? 0)).readable, "",
    ])
    return table
  }

  var checks: [String] {
    ["\(usher.count + goSingle.count + goBatched.count) drains: every request became one service"]
  }
}
