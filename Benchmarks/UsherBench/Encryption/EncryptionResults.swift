/// All results, and what was promised about them.
struct EncryptionResults: Encodable {
  enum Direction: String, CaseIterable {
    case sealing = "seal"
    case opening = "open"
  }

  let all: [MeasuredResult]

  /// The names of a direction's measurements.
  static func name(_ direction: Direction) -> (SealingSteps.Way) -> String {
    { way in "\(direction.rawValue): \(way.rawValue)" }
  }

  func encode(to encoder: any Encoder) throws { try all.encode(to: encoder) }

  /// Nil for what is not measured, such as opening by `openssl speed`.
  func result(_ direction: Direction, _ way: SealingSteps.Way, bytes: Int) -> MeasuredResult? {
    let name = Self.name(direction)(way)
    return all.first { $0.name == name && $0.bytes == bytes }
  }

  var targets: [Target] {
    var targets: [Target] = []
    func compare(_ way: SealingSteps.Way, with other: SealingSteps.Way, at size: Int, least: Double) {
      guard let ours = result(.sealing, way, bytes: size), let theirs = result(.sealing, other, bytes: size) else {
        return
      }
      targets.append(
        Target(
          "seal \(size.readable) B: \(way.rawValue) by \(other.rawValue)",
          theirs.nanoseconds / ours.nanoseconds, .atLeast(least)))
    }
    for size in EncryptionBenchmark.sizes { compare(.cipher, with: .openssl, at: size, least: 0.9) }
    compare(.aead, with: .openssl, at: 256, least: 0.6)
    for size in EncryptionBenchmark.sizes where size <= 1_024 {
      compare(.aead, with: .swiftCrypto, at: size, least: 2)
    }
    return targets
  }
}

extension MeasuredResult {
  /// CPU time of an operation: the median over the runs.
  var nanoseconds: Double {
    let times = runs.map { $0.cpuSecondsPerOperation * 1e9 }.sorted()
    return times[(times.count - 1) / 2]
  }

  /// The fastest and the slowest run.
  var nanosecondsRange: ClosedRange<Double> {
    let times = runs.map { $0.cpuSecondsPerOperation * 1e9 }
    return (times.min() ?? 0)...(times.max() ?? 0)
  }
}
