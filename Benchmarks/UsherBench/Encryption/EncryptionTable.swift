/// The results of `usher-bench encryption`.
enum EncryptionTable {
  static func rows(_ results: [MeasuredResult]) -> Table {
    var table = Table(
      "one at a time",
      ["measurement", "bytes", "total", "per second", "slowest..fastest run", "MB/s", "ns each", "CPU ns each"])
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
