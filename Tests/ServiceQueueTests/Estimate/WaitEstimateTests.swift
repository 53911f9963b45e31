import Foundation
import ServiceQueue
import Testing

/// Chance with a seed, so that a run is the same every time (SplitMix64).
private struct ChanceFromSeed {
  var state: UInt64

  /// Above 0, up to 1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return (Double(z >> 11) + 1) / Double(1 << 53)
  }

  /// Standard normal, after Box and Muller.
  mutating func normal() -> Double {
    (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit())
  }
}

@Suite("Wait estimate")
struct WaitEstimateTests {
  private func statistics(
    active: Int, handled: Int, times: [Int64], mode: QueueMode = .open
  ) throws -> QueueStatistics {
    var counts = StateCounts()
    counts.serving = handled
    let summary = QueueSummary(
      queue: try #require(QueueName("q")), version: 1, epoch: try #require(Epoch("e")), digest: QueueDigest(),
      mode: mode, counts: counts)
    return QueueStatistics(summary: summary, activeEmployees: active, handlingTimes: times)
  }

  @Test func saysNothingWithoutGrounds() throws {
    let times = [Int64](repeating: 60_000, count: 10)
    #expect(WaitEstimate(ahead: 3, statistics: try statistics(active: 1, handled: 1, times: [])) == nil)
    #expect(WaitEstimate(ahead: 3, statistics: try statistics(active: 0, handled: 0, times: times)) == nil)
    #expect(
      WaitEstimate(ahead: 3, statistics: try statistics(active: 1, handled: 1, times: times, mode: .paused)) == nil)
    #expect(WaitEstimate(ahead: 3, statistics: try statistics(active: 1, handled: 1, times: times)) != nil)
  }

  @Test func equalTimesGiveANarrowRangeAroundTheTruth() throws {
    let times = [Int64](repeating: 60_000, count: 100)
    let one = try #require(WaitEstimate(ahead: 9, statistics: try statistics(active: 1, handled: 1, times: times)))
    // Ten ends are needed, the first of them half a minute away on average.
    #expect(one.low > 530_000 && one.low < 570_000 && one.high > 570_000 && one.high < 610_000)
    let five = try #require(WaitEstimate(ahead: 9, statistics: try statistics(active: 5, handled: 5, times: times)))
    #expect(five.low > 60_000 && five.high < 170_000)
  }

  @Test func aFreeEmployeeMeansSoon() throws {
    let times = [Int64](repeating: 300_000, count: 20)
    let soon = try #require(WaitEstimate(ahead: 1, statistics: try statistics(active: 3, handled: 1, times: times)))
    #expect(soon.low == 0 && soon.high == WaitEstimate.reaction)
  }

  /// A queue with `workers`, handled first come, first served, kept busy: how many waits fell in the range told at arrival.
  private func coverage(workers: Int, sigma: Double, seed: UInt64) throws -> Double {
    var random = ChanceFromSeed(state: seed)
    // Lognormal with the mean of five minutes.
    func handlingTime() -> Int64 {
      let normal = random.normal()
      return Int64(300_000 * exp(normal * sigma - sigma * sigma / 2))
    }
    var freeAt = [Int64](repeating: 0, count: workers)
    var times: [Int64] = (0..<100).map { _ in handlingTime() }
    var waits: [Int64] = []
    var starts: [Int64] = []
    var ends: [(at: Int64, took: Int64)] = []
    var now: Int64 = 0
    var inside = 0
    var judged = 0
    var told: [WaitEstimate?] = []
    for _ in 0..<3_000 {
      // Nearly all of the workers' time is asked for.
      now += Int64(-300_000 / Double(workers) / 0.97 * log(random.unit()))
      let index = freeAt.indices.min { freeAt[$0] < freeAt[$1] } ?? 0
      let start = max(now, freeAt[index])
      let took = handlingTime()
      // What was known when it came.
      let done = ends.filter { $0.at <= now }.sorted { $0.at > $1.at }
      times = Array((done.map(\.took) + times).prefix(100))
      ends.removeAll { $0.at <= now }
      starts.removeAll { $0 <= now }
      let handled = min(workers, freeAt.count { $0 > now })
      told.append(
        WaitEstimate(ahead: starts.count, statistics: try statistics(active: workers, handled: handled, times: times)))
      freeAt[index] = start + took
      starts.append(start)
      ends.append((start + took, took))
      waits.append(start - now)
    }
    for (estimate, wait) in zip(told, waits).dropFirst(300) where wait > 0 {
      guard let estimate else { continue }
      judged += 1
      if (estimate.low...estimate.high).contains(wait) { inside += 1 }
    }
    return Double(inside) / Double(judged)
  }

  @Test(arguments: [(1, 0.1), (1, 0.8), (3, 0.5), (8, 0.3), (8, 1.0), (30, 0.7)])
  func eightOfTenWaitsFallInTheRange(workers: Int, sigma: Double) throws {
    var shares: [Double] = []
    for seed in 1...3 as ClosedRange<UInt64> {
      shares.append(try coverage(workers: workers, sigma: sigma, seed: seed))
    }
    let share = shares.reduce(0, +) / Double(shares.count)
    #expect(share > 0.7 && share < 0.92, "\(shares)")
  }
}
