import Foundation

/// A kind of queue to be simulated.
struct EstimateScenario: Sendable {
  /// How long services take.
  enum Handling: String, CaseIterable, Sendable {
    case exponential
    case lognormal
    case nearlyConstant = "nearly constant"
    case twoKinds = "two kinds"
  }

  /// How services come, or the employees.
  enum Pattern: String, CaseIterable, Sendable {
    /// One by one, by chance, always equally many.
    case steady
    /// Half as many as can be handled, and half as many again, in turn.
    case rushes
    /// Ten at a time.
    case groups
    /// Half of the employees leave for two hours, and come back for two.
    case shifts
  }

  let pattern: Pattern
  let handling: Handling
  let employees: Int
  let arrivals: Int
  let seed: UInt64

  static let hour = 3_600_000.0
  /// The mean of every handling time, in milliseconds.
  static let meanHandling = 300_000.0
  /// How much of the employees' time is asked for, on the whole.
  private static let load = 0.95

  /// How many are there at `time`, in milliseconds.
  func staff(at time: Double) -> Int {
    guard pattern == .shifts, Int(time / (2 * Self.hour)) % 2 == 1 else { return employees }
    return (employees + 1) / 2
  }

  /// When that number next changes; never where it does not.
  func nextChange(after time: Double) -> Double {
    pattern == .shifts ? ((time / (2 * Self.hour)).rounded(.down) + 1) * 2 * Self.hour : .infinity
  }

  /// One handling time, in milliseconds.
  func handlingTime(_ random: inout SeededRandom) -> Double {
    let mean = Self.meanHandling
    switch handling {
    case .exponential: return mean * random.exponential()
    case .lognormal:
      let sigma = 0.8
      return mean * scaled(random.normal(), sigma)
    case .nearlyConstant: return mean * max(0.2, 1 + 0.1 * random.normal())
    case .twoKinds:
      // Four of five are short, the others take seven times as long.
      let short = mean / 2.2
      return (random.unit() < 0.8 ? short : 7 * short) * scaled(random.normal(), 0.3)
    }
  }

  /// When services come, in milliseconds, ascending.
  func arrivalTimes(_ random: inout SeededRandom) -> [Double] {
    let most = Double(employees)
    let mean = pattern == .shifts ? (most + Double((employees + 1) / 2)) / 2 : most
    let rate = Self.load * mean / Self.meanHandling
    var times: [Double] = []
    times.reserveCapacity(arrivals)
    var now = 0.0
    while times.count < arrivals {
      switch pattern {
      case .steady, .shifts:
        now += random.exponential() / rate
        times.append(now)
      case .rushes:
        // Two hours each. Taken from the faster stream with the share that the moment has.
        now += random.exponential() / (rate * 1.5)
        let isRush = Int(now / (2 * Self.hour)) % 2 == 1
        if isRush || random.unit() < 1.0 / 3 { times.append(now) }
      case .groups:
        now += 10 * random.exponential() / rate
        for _ in 0..<10 { times.append(now) }
      }
    }
    return times
  }

  /// Lognormal with mean 1.
  private func scaled(_ normal: Double, _ sigma: Double) -> Double {
    exp(normal * sigma - sigma * sigma / 2)
  }
}
