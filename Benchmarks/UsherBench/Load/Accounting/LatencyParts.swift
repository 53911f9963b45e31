import Histogram

/// Latencies of one action, counted from when it was due, in an HDR histogram for each part of the run.
struct LatencyParts: Sendable {
  private(set) var parts: [Histogram<UInt32>]

  init(parts: Int) {
    self.parts = Array(repeating: Histogram<UInt32>(numberOfSignificantValueDigits: .three), count: parts)
  }

  /// Microseconds, of an action that was due in that part.
  mutating func record(_ latency: UInt64, part: Int) { parts[part].record(latency) }

  /// All parts together.
  var whole: Histogram<UInt32> {
    parts.dropFirst().reduce(into: parts[0]) { $0.add($1) }
  }

  /// A percentile of each part in which there was anything, in milliseconds.
  func milliseconds(_ percentile: Double) -> [Double] {
    parts.filter { $0.totalCount > 0 }.map { Double($0.valueAtPercentile(percentile)) / 1_000 }
  }
}
