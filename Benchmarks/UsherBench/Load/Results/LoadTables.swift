extension LoadResults {
  /// For people.
  var tables: [Table] { [latencies, outcome] + (tally.errors.isEmpty ? [] : [errors]) }

  private var latencies: Table {
    var table = Table(
      "from when it was due",
      [
        "what", "offered /s", "done /s", "done", "p50 ms", "of the parts", "p99 ms", "of the parts", "p99.9 ms",
        "max ms",
      ])
    for action in LoadAction.allCases {
      guard let count = tally.counts[action], let parts = tally.latencies[action] else { continue }
      let latency = Latency(parts.whole)
      table.add([
        action.rawValue, (Double(count.offered) / plan.seconds).readable,
        (Double(count.doneMeanwhile) / plan.seconds).readable, count.done.readable, latency.p50.milliseconds,
        Self.range(parts.milliseconds(50)), latency.p99.milliseconds, Self.range(parts.milliseconds(99)),
        latency.p999.milliseconds, latency.max.milliseconds,
      ])
    }
    for percentile in [50.0, 99.0] {
      let ratios = LoadAction.allCases.compactMap { action in
        byBare(action, percentile).map { "\(action.rawValue) \($0.readable)" }
      }
      guard !ratios.isEmpty else { continue }
      table.note("p\(Int(percentile)) by the bare request's: " + ratios.joined(separator: ", "))
    }
    return table
  }

  private var outcome: Table {
    var table = Table("what became of it", ["what", "how many"])
    let (ledger, screens) = (tally.ledger, tally.screens)
    table.add(["requests published", ledger.published.readable])
    table.add(["confirmed", ledger.confirmed.readable])
    table.add(["seen on a screen", ledger.seen.readable])
    table.add(["lost", lost.readable])
    for course in VisitPlan.Course.allCases {
      table.add(["visits \(course.rawValue)", (tally.courses[course] ?? 0).readable])
    }
    table.add(["claims when nobody waited", tally.emptyClaims.readable])
    table.add(["events on screens", screens.events.readable])
    table.add(["gaps", screens.gaps.readable])
    table.add(["wrong digests", screens.wrongDigests.readable])
    table.add(["screens that began anew", screens.resyncs.readable])
    table.add(["connections made again", screens.reconnects.readable])
    if let usage {
      table.add(["server, cores", usage.cores.readable])
      table.add(["server, resident MB at most", (Double(usage.residentMost) / 1e6).readable])
      table.add([
        "server, resident MB more at the end", (Double(usage.residentAfter - usage.residentBefore) / 1e6).signed,
      ])
    }
    return table
  }

  private var errors: Table {
    var table = Table("errors", ["what", "how many"])
    for (what, count) in tally.errors.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      table.add([what, count.readable])
    }
    return table
  }

  private static func range(_ values: [Double]) -> String {
    ((values.min() ?? 0)...(values.max() ?? 0)).readable
  }
}

extension Double {
  /// As `readable`, below 0 too.
  fileprivate var signed: String { self < 0 ? "-" + (-self).readable : readable }
}
