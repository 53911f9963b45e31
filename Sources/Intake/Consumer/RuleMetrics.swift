import Metrics

/// The figures of the rules, `usher_intake_rule*`.
struct RuleMetrics {
  /// The names that are counted under their own label, of all files that were ever loaded: what comes later is `other`.
  static let namesLimit = 2_000

  private let fingerprint = Gauge(label: "usher_intake_rules_fingerprint")
  private let loaded = Gauge(label: "usher_intake_rules")
  private let accepted = RuleMetrics.verdict("accept")
  private let dropped = RuleMetrics.verdict("drop")
  private let rejected = RuleMetrics.verdict("reject")
  private var known: [String: Counter] = [:]
  /// Those of the rules in use, by their places.
  private var matches: [Counter] = []

  private static func verdict(_ name: String) -> Counter {
    Counter(label: "usher_intake_rule_verdicts_total", dimensions: [("verdict", name)])
  }

  /// Takes the names of other rules over. Those of earlier ones keep their series.
  mutating func use(_ rules: RuleSet) {
    matches = rules.names.map { counter($0) }
    fingerprint.record(Int64(rules.fingerprint))
    loaded.record(rules.names.count)
  }

  private mutating func counter(_ name: String) -> Counter {
    if let counter = known[name] { return counter }
    guard known.count < Self.namesLimit else { return Self.matches("other") }
    let counter = Self.matches(name)
    known[name] = counter
    return counter
  }

  private static func matches(_ name: String) -> Counter {
    Counter(label: "usher_intake_rule_matches_total", dimensions: [("rule", name)])
  }

  func matched(_ place: Int) { matches[place].increment() }

  /// Counts what the rules said; nothing for what did not come to them.
  func count(_ analysis: Analyser.Analysis) {
    switch analysis {
    case .accept: accepted.increment()
    case .drop: dropped.increment()
    case .reject(let rejection): if rejection.reason == .rejectedByRule { rejected.increment() }
    }
  }
}
