import CFanout

/// Requests at an even rate from their publishing to a screen: RabbitMQ, intake, Redis, Gateway, the frame at a WebSocket client.
struct ScreenMeasurement: Sendable {
  struct Results: Sendable, Encodable {
    let rate: Int
    let runs: [Latency]

    /// The run with the median p99, whole.
    var median: Latency { runs.sorted { $0.p99 < $1.p99 }[(runs.count - 1) / 2] }
  }

  let plan: IntakePlan
  let redisURL: String
  let rabbit: String

  private static let viewers = 4

  /// Measures; blocks its thread. Throws when a request does not come to every client, in order.
  func measure(_ interrupt: Interrupt) throws -> Results {
    let runs = try (0..<plan.runs).map { number in
      let site = FanoutEnds.RedisSite(url: redisURL, site: "screen-\(number)", rabbit: rabbit)
      return try FanoutEnds.gateway(Self.viewers, over: site, interrupt) { server, loader in
        try loader.connect(within: 30)
        let count = Int((plan.warmUp + plan.seconds + 0.5) * Double(plan.rate))
        try server.order("steady \(plan.rate) \(count)")
        try loader.run(plan.warmUp)
        loader.reset()
        try loader.run(plan.seconds)
        let latency = loader.latencies.latency
        guard loader.counts.deliveries > 0 else { throw BenchError("no request came to a screen in \(plan.seconds) s") }
        // Not a part of what is measured, but of what must be right.
        try loader.await(server.kind.firstVersion + UInt64(count), within: 60)
        _ = try server.answer("done", within: 60)
        return latency
      }
    }
    return Results(rate: plan.rate, runs: runs)
  }
}

extension ScreenMeasurement.Results {
  var targets: [Target] {
    let what = "publish to screen, \(rate.readable) requests/s"
    return [
      Target("\(what), p50", Double(median.p50) / 1_000, .below(5), "ms"),
      Target("\(what), p99", Double(median.p99) / 1_000, .below(25), "ms"),
    ]
  }

  var table: Table {
    var table = Table(
      "publish to screen, \(rate.readable) requests/s, in one process",
      ["runs", "p50 ms", "p99 ms", "p99.9 ms", "max ms"])
    table.add([
      runs.count.readable, median.p50.milliseconds, median.p99.milliseconds, median.p999.milliseconds,
      median.max.milliseconds,
    ])
    return table
  }

  var checks: [String] { ["\(runs.count) runs to screens: every client got every request, in order"] }
}
