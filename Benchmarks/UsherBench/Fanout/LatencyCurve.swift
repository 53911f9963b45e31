import CFanout

/// How many events took how long, as the loader counted them.
struct LatencyCurve: Sendable {
  private let counts: [UInt64]
  private let total: UInt64

  init(counts: [UInt64]) {
    self.counts = counts
    total = counts.reduce(0, +)
  }

  /// In microseconds, exact to 0.1 %; 0 if there were no events. `part` is within 0 to 1.
  func percentile(_ part: Double) -> UInt64 {
    let wanted = max(1, UInt64((Double(total) * part).rounded(.up)))
    var seen: UInt64 = 0
    for (bucket, count) in counts.enumerated() {
      seen += count
      if seen >= wanted { return cfanout_bucket_floor(UInt32(bucket)) }
    }
    return 0
  }

  var latency: Latency { Latency(self) }
}

extension Latency {
  init(_ curve: LatencyCurve) {
    p50 = curve.percentile(0.5)
    p99 = curve.percentile(0.99)
    p999 = curve.percentile(0.999)
    max = curve.percentile(1)
  }
}
