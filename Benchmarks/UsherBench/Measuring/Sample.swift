import Glibc
import Histogram

/// What one run of one measurement gave.
struct Sample: Sendable, Encodable {
  /// How many of what is counted.
  let operations: Int
  /// Wall time of all of them together.
  let seconds: Double
  /// CPU time of this process, all threads, user and system; what Redis needs is not in it.
  let cpuSeconds: Double
  /// Of each call; nil where calls are too short to time one by one.
  let latency: Latency?

  var perSecond: Double { Double(operations) / seconds }
  var cpuSecondsPerOperation: Double { cpuSeconds / Double(operations) }

  /// The same run, with what `operations` calls did counted instead of the calls.
  func counting(_ operations: Int) -> Sample {
    Sample(operations: operations, seconds: seconds, cpuSeconds: cpuSeconds, latency: latency)
  }

  private enum CodingKeys: String, CodingKey {
    case operations, seconds, perSecond, cpuSecondsPerOperation, latency
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(operations, forKey: .operations)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(perSecond, forKey: .perSecond)
    try container.encode(cpuSecondsPerOperation, forKey: .cpuSecondsPerOperation)
    try container.encodeIfPresent(latency, forKey: .latency)
  }
}

/// How long calls took, in microseconds rounded up, exact to three digits.
struct Latency: Sendable, Encodable {
  let p50: UInt64
  let p99: UInt64
  let p999: UInt64
  let max: UInt64

  /// From the nanoseconds of each call.
  init(nanoseconds: [UInt64]) {
    var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .three)
    for value in nanoseconds { histogram.record((value + 999) / 1_000) }
    p50 = histogram.valueAtPercentile(50)
    p99 = histogram.valueAtPercentile(99)
    p999 = histogram.valueAtPercentile(99.9)
    max = histogram.valueAtPercentile(100)
  }
}

/// Wall and CPU time since it was made.
struct Stopwatch {
  private let start = ContinuousClock.now
  private let cpuStart = Self.cpuSeconds()

  var elapsed: Duration { ContinuousClock.now - start }

  func sample(operations: Int, latency: Latency? = nil) -> Sample {
    let cpu = Self.cpuSeconds() - cpuStart
    return Sample(operations: operations, seconds: elapsed / .seconds(1), cpuSeconds: cpu, latency: latency)
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
