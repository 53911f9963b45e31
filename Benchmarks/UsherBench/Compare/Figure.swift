/// A number that can be compared with the same number of another run of the benchmark.
struct Figure: Sendable, Hashable, Codable {
  /// Which way is better.
  enum Better: String, Sendable, Codable {
    case lower, higher
  }

  /// Names it within its report.
  let name: String
  let unit: String
  let better: Better
  /// Of the runs, or of the parts of one run.
  let median: Double
  let lowest: Double
  let highest: Double
  let runs: Int
  /// The median by that of what was measured beside it in the same run; nil where there is nothing beside it.
  let byBaseline: Double?

  /// Nil when there is nothing to tell.
  init?(_ name: String, _ unit: String, _ better: Better, _ runs: [Double], byBaseline: Double? = nil) {
    let sorted = runs.filter(\.isFinite).sorted()
    guard let lowest = sorted.first, let highest = sorted.last else { return nil }
    self.name = name
    self.unit = unit
    self.better = better
    median = sorted[(sorted.count - 1) / 2]
    self.lowest = lowest
    self.highest = highest
    self.runs = sorted.count
    self.byBaseline = byBaseline.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The spread.
  var range: ClosedRange<Double> { lowest...highest }
}

/// What a benchmark finds, as numbers that can be compared.
protocol Figured {
  /// Each under a name of its own.
  var figures: [Figure] { get }
}
