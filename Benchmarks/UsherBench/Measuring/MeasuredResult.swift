/// All runs of one measurement.
struct MeasuredResult: Sendable, Encodable {
  /// What was measured.
  let name: String
  /// What is counted.
  let unit: String
  /// How many called at one time.
  let callers: Int
  /// Bytes of plaintext an operation, where that means something.
  let bytes: Int?
  /// In their order; at least one.
  let runs: [Sample]

  /// The run with the median rate, whole: its latencies and CPU time belong to it. The slower of the two in the middle where
  /// there is an even number.
  var median: Sample { runs.sorted { $0.perSecond < $1.perSecond }[(runs.count - 1) / 2] }
  /// The rate of the slowest and the fastest run.
  var rates: ClosedRange<Double> {
    let rates = runs.map(\.perSecond)
    return (rates.min() ?? 0)...(rates.max() ?? 0)
  }

  private enum CodingKeys: String, CodingKey {
    case name, unit, callers, bytes, median, runs
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(unit, forKey: .unit)
    try container.encode(callers, forKey: .callers)
    try container.encodeIfPresent(bytes, forKey: .bytes)
    try container.encode(median, forKey: .median)
    try container.encode(runs, forKey: .runs)
  }
}
