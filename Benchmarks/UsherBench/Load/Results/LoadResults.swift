import Histogram

/// What came out of a load.
struct LoadResults: Sendable {
  let plan: LoadPlan
  let tally: LoadTally
  /// Published requests that no viewer saw and that are neither in the queue nor in the history.
  let lost: Int
  let usage: LoadWatch.Usage?

  /// What must not be; empty after a good run.
  var failures: [String] {
    let screens = tally.screens
    return [
      lost > 0 ? "\(lost.readable) of \(tally.ledger.published.readable) published requests are nowhere" : nil,
      screens.gaps > 0 ? "\(screens.gaps.readable) times an event did not follow the one before" : nil,
      screens.wrongDigests > 0 ? "\(screens.wrongDigests.readable) times a copy was not the server's" : nil,
      screens.missed > 0 ? "\(screens.missed.readable) requests did not come to a screen that never began anew" : nil,
    ].compactMap(\.self)
  }

  var checks: [String] {
    guard failures.isEmpty else { return [] }
    return [
      "\(tally.ledger.published.readable) requests published, \(tally.ledger.seen.readable) seen on "
        + "\(plan.viewers.readable) screens, none lost",
      "\(tally.screens.events.readable) events on screens: each followed the one before, every digest was right",
    ]
  }

  /// A percentile by that of the bare request.
  func byBare(_ action: LoadAction, _ percentile: Double) -> Double? {
    guard action != .bare, let ours = tally.latencies[action]?.whole, let bare = tally.latencies[.bare]?.whole,
      bare.totalCount > 0, ours.totalCount > 0
    else { return nil }
    return Double(ours.valueAtPercentile(percentile)) / Double(max(1, bare.valueAtPercentile(percentile)))
  }
}

extension LoadResults: Figured {
  /// The parts of the run are its spread.
  var figures: [Figure] {
    var figures: [Figure?] = LoadAction.allCases.flatMap { action -> [Figure?] in
      guard let latencies = tally.latencies[action] else { return [] }
      return [
        Figure("\(action.rawValue), p50", "ms", .lower, latencies.milliseconds(50), byBaseline: byBare(action, 50)),
        Figure("\(action.rawValue), p99", "ms", .lower, latencies.milliseconds(99), byBaseline: byBare(action, 99)),
      ]
    }
    if let usage {
      figures += [
        Figure("server, CPU of a request", "us", .lower, [usage.cpuSeconds * 1e6 / Double(measuredRequests)]),
        Figure("server, most resident memory", "bytes", .lower, [Double(usage.residentMost)]),
      ]
    }
    return figures.compactMap(\.self)
  }

  private var measuredRequests: Int { max(1, tally.counts[.publish]?.offered ?? 0) }
}

extension LoadResults: Encodable {
  /// One action, as JSON has it.
  private struct Measure: Encodable {
    let action: String
    let offeredPerSecond: Double
    /// By when the answers came.
    let achievedPerSecond: Double
    let offered: Int
    let done: Int
    /// Microseconds, from when it was due.
    let latency: Latency
  }

  private struct Requests: Encodable {
    let published, confirmed, refused, seen, lost: Int
  }

  private enum CodingKeys: String, CodingKey {
    case measures, requests, screens, errors, visits, emptyClaims, server, timeline, failures
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let measures = LoadAction.allCases.compactMap { action -> Measure? in
      guard let count = tally.counts[action], let latency = tally.latencies[action]?.whole else { return nil }
      return Measure(
        action: action.rawValue, offeredPerSecond: Double(count.offered) / plan.seconds,
        achievedPerSecond: Double(count.doneMeanwhile) / plan.seconds, offered: count.offered, done: count.done,
        latency: Latency(latency))
    }
    try container.encode(measures, forKey: .measures)
    let ledger = tally.ledger
    try container.encode(
      Requests(
        published: ledger.published, confirmed: ledger.confirmed, refused: ledger.refused, seen: ledger.seen,
        lost: lost), forKey: .requests)
    try container.encode(tally.screens, forKey: .screens)
    try container.encode(tally.errors, forKey: .errors)
    let visits = tally.courses.map { ($0.key.rawValue, $0.value) }
    try container.encode(Dictionary(uniqueKeysWithValues: visits), forKey: .visits)
    try container.encode(tally.emptyClaims, forKey: .emptyClaims)
    try container.encodeIfPresent(usage, forKey: .server)
    let lines = tally.timeline.counts.map { ($0.key.rawValue, $0.value) }
    try container.encode(Dictionary(uniqueKeysWithValues: lines), forKey: .timeline)
    try container.encode(failures, forKey: .failures)
  }
}

extension Latency {
  /// Of a histogram of microseconds.
  init(_ histogram: Histogram<UInt32>) {
    p50 = histogram.valueAtPercentile(50)
    p99 = histogram.valueAtPercentile(99)
    p999 = histogram.valueAtPercentile(99.9)
    max = histogram.valueAtPercentile(100)
  }
}
