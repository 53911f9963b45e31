/// The results of `usher-bench encryption`.
enum EncryptionTable {
  static func tables(_ results: EncryptionResults) -> [Table] {
    EncryptionResults.Direction.allCases.map { direction($0, results) } + [others(results)]
  }

  private static func direction(_ direction: EncryptionResults.Direction, _ results: EncryptionResults) -> Table {
    var table = Table(
      direction == .sealing
        ? "sealing" : "opening (below 1 x swift-crypto, its BoringSSL is ahead of libcrypto itself)",
      [
        "bytes", "way", "CPU ns each", "fastest..slowest run", "MB/s", "x openssl speed", "x loop of C",
        "x swift-crypto",
      ])
    for size in EncryptionBenchmark.sizes {
      for way in SealingSteps.Way.allCases {
        guard let result = results.result(direction, way, bytes: size) else { continue }
        func ratio(_ other: SealingSteps.Way) -> String {
          results.result(direction, other, bytes: size).map { ($0.nanoseconds / result.nanoseconds).readable } ?? "-"
        }
        table.add([
          size.readable, way.rawValue, result.nanoseconds.readable, result.nanosecondsRange.readable,
          (Double(size) / result.nanoseconds * 1_000).readable, ratio(.openssl), ratio(.floor), ratio(.swiftCrypto),
        ])
      }
    }
    return table
  }

  private static func others(_ results: EncryptionResults) -> Table {
    var table = Table("others", ["measurement", "bytes", "CPU ns each", "fastest..slowest run"])
    for result in results.all where !result.name.contains(": ") {
      table.add([
        result.name, result.bytes.map(\.readable) ?? "-", result.nanoseconds.readable, result.nanosecondsRange.readable,
      ])
    }
    return table
  }
}
