/// The results of `usher-bench queue`, latencies in microseconds.
enum QueueTable {
  static func rows(_ results: [MeasuredResult]) -> Table {
    var table = Table([
      "measurement", "callers", "total", "seconds", "per second", "slowest..fastest run", "p50 us", "p99 us",
      "p99.9 us",
      "max us", "CPU us each",
    ])
    for result in results {
      let median = result.median
      let latency = median.latency.map { [$0.p50, $0.p99, $0.p999, $0.max].map(\.readable) }
      table.add(
        [
          result.name, result.callers.readable, "\(median.operations.readable) \(result.unit)", median.seconds.readable,
          median.perSecond.readable, result.rates.readable,
        ] + (latency ?? ["-", "-", "-", "-"]) + [(median.cpuSecondsPerOperation * 1e6).readable])
    }
    return table
  }
}

/// The results of `usher-bench encryption`.
enum EncryptionTable {
  static func rows(_ results: [MeasuredResult]) -> Table {
    var table = Table([
      "measurement", "bytes", "total", "per second", "slowest..fastest run", "MB/s", "ns each", "CPU ns each",
    ])
    for result in results {
      let median = result.median
      table.add([
        result.name, result.bytes.map(\.readable) ?? "-", median.operations.readable, median.perSecond.readable,
        result.rates.readable, result.bytes.map { (median.perSecond * Double($0) / 1e6).readable } ?? "-",
        (1e9 / median.perSecond).readable, (median.cpuSecondsPerOperation * 1e9).readable,
      ])
    }
    return table
  }
}

extension ClosedRange<Double> {
  fileprivate var readable: String { "\(lowerBound.readable)..\(upperBound.readable)" }
}
