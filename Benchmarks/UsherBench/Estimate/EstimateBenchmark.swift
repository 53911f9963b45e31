import ServiceQueue

/// How often the estimate of a wait is right.
enum EstimateBenchmark {
  static let employees = [1, 3, 10, 30]

  /// Of one kind of queue, or of several together.
  struct Calibration: Sendable, Encodable {
    /// Estimates that were compared.
    let told: Int
    /// Waits that were within the range.
    let right: Int
    /// Waits that were shorter than the range.
    let shorter: Int
    /// Waits that were longer.
    let longer: Int
    /// The median of the range's width over the wait.
    let medianWidth: Double

    var share: Double { Double(right) / Double(max(told, 1)) }

    init(_ all: [QueueSimulation.Told]) {
      told = all.count
      right = all.count(where: \.isRight)
      shorter = all.count { $0.wait < $0.estimate.low }
      longer = all.count { $0.wait > $0.estimate.high }
      let widths = all.map { Double($0.estimate.high - $0.estimate.low) / Double(max($0.wait, 1)) }.sorted()
      medianWidth = widths.isEmpty ? 0 : widths[widths.count / 2]
    }
  }

  /// One line: a pattern and a kind of handling times.
  struct Line: Sendable, Encodable {
    let pattern: String
    let handling: String
    /// By the number of employees; none where the pattern means nothing for so few.
    let byEmployees: [Int: Calibration]
    let all: Calibration
  }

  /// What came out.
  struct Results: Sendable, Encodable {
    let lines: [Line]
    let all: Calibration
    /// Of all queues but those whose staff changes.
    let withSteadyStaff: Calibration

    var targets: [Target] {
      [
        Target("waits within the range, staff as it was", 100 * withSteadyStaff.share, .within(75...85), "%"),
        Target("waits within the range, all queues together", 100 * all.share, .within(70...90), "%"),
      ]
    }
  }

  /// Every kind of queue, with the number of services given.
  static func run(arrivals: Int, seed: UInt64) throws -> Results {
    var lines: [Line] = []
    var all: [QueueSimulation.Told] = []
    var withSteadyStaff: [QueueSimulation.Told] = []
    for pattern in EstimateScenario.Pattern.allCases {
      for handling in EstimateScenario.Handling.allCases {
        var byEmployees: [Int: Calibration] = [:]
        var some: [QueueSimulation.Told] = []
        for employees in Self.employees where pattern != .shifts || employees > 1 {
          try Task.checkCancellation()
          let told = try QueueSimulation.run(
            EstimateScenario(
              pattern: pattern, handling: handling, employees: employees, arrivals: arrivals,
              seed: seed &+ UInt64(lines.count * 1_000 + employees)))
          byEmployees[employees] = Calibration(told)
          some += told
        }
        lines.append(
          Line(pattern: pattern.rawValue, handling: handling.rawValue, byEmployees: byEmployees, all: Calibration(some))
        )
        all += some
        if pattern != .shifts { withSteadyStaff += some }
      }
    }
    return Results(lines: lines, all: Calibration(all), withSteadyStaff: Calibration(withSteadyStaff))
  }

  static func table(_ results: Results) -> Table {
    let all = results.all
    func percent(_ part: Int, _ calibration: Calibration) -> String {
      (100 * Double(part) / Double(max(calibration.told, 1))).readable
    }
    var table = Table(
      "waits within the range told at arrival, percent",
      ["arrivals", "handling times"] + employees.map { "\($0) employee\($0 == 1 ? "" : "s")" }
        + ["all", "shorter", "longer", "width / wait", "estimates"])
    for line in results.lines {
      table.add(
        [line.pattern, line.handling] + employees.map { line.byEmployees[$0].map { percent($0.right, $0) } ?? "-" }
          + [
            percent(line.all.right, line.all), percent(line.all.shorter, line.all), percent(line.all.longer, line.all),
            line.all.medianWidth.readable, line.all.told.readable,
          ])
    }
    table.add(
      ["together", ""] + employees.map { _ in "" }
        + [
          percent(all.right, all), percent(all.shorter, all), percent(all.longer, all), all.medianWidth.readable,
          all.told.readable,
        ])
    return table
  }
}
