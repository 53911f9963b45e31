import ServiceQueue

/// A queue with employees who claim whatever waits as soon as they are free, first come first served, in simulated time. At every
/// arrival that finds nobody free it asks for an estimate, from what the Broker would know at that moment, and later compares.
struct QueueSimulation {
  /// An estimate and what happened.
  struct Told {
    let estimate: WaitEstimate
    let wait: Int64

    var isRight: Bool { (estimate.low...estimate.high).contains(wait) }
  }

  private struct Employee {
    /// When the present service ends; nil while free.
    var busyUntil: Double?
    /// Claimed, began or ended something.
    var lastAct: Double?
    var claimedAt = 0.0
  }

  private struct Waiting {
    let arrived: Double
    let estimate: WaitEstimate?
  }

  private let scenario: EstimateScenario
  private var random: SeededRandom
  private var employees: [Employee]
  private var line: [Waiting] = []
  private var lineStart = 0
  private var times: [Int64] = []
  private var told: [Told] = []
  private let queue: QueueName
  private let epoch: Epoch

  /// Runs `scenario` to its end.
  static func run(_ scenario: EstimateScenario) throws -> [Told] {
    guard let queue = QueueName("simulated"), let epoch = Epoch("simulated") else {
      throw BenchError("'simulated' names no queue and no epoch")
    }
    var simulation = QueueSimulation(scenario, queue, epoch)
    return simulation.run()
  }

  private init(_ scenario: EstimateScenario, _ queue: QueueName, _ epoch: Epoch) {
    self.scenario = scenario
    self.queue = queue
    self.epoch = epoch
    random = SeededRandom(seed: scenario.seed)
    employees = Array(repeating: Employee(), count: scenario.employees)
  }

  private mutating func run() -> [Told] {
    var change = scenario.nextChange(after: 0)
    for arrival in scenario.arrivalTimes(&random) {
      while let next = nextEvent(before: min(arrival, .infinity), change) {
        advance(to: next)
        if next >= change { change = scenario.nextChange(after: next) }
      }
      arrive(at: arrival)
    }
    while let next = nextEvent(before: .infinity, change), lineStart < line.count {
      advance(to: next)
      if next >= change { change = scenario.nextChange(after: next) }
    }
    return told
  }

  /// The next end of a service or change of the staff, if it is before `limit`.
  private func nextEvent(before limit: Double, _ change: Double) -> Double? {
    let end = employees.compactMap(\.busyUntil).min() ?? .infinity
    let next = min(end, change)
    return next < limit ? next : nil
  }

  private mutating func advance(to now: Double) {
    for index in employees.indices where employees[index].busyUntil.map({ $0 <= now }) ?? false {
      let took = now - employees[index].claimedAt
      employees[index].busyUntil = nil
      employees[index].lastAct = now
      times.insert(Int64(took), at: 0)
      if times.count > QueueStatistics.mostTimes { times.removeLast() }
    }
    claim(at: now)
  }

  private mutating func arrive(at now: Double) {
    let estimate = hasFree(at: now) ? nil : WaitEstimate(ahead: line.count - lineStart, statistics: statistics(at: now))
    line.append(Waiting(arrived: now, estimate: estimate))
    claim(at: now)
  }

  private func hasFree(at now: Double) -> Bool {
    employees.prefix(scenario.staff(at: now)).contains { $0.busyUntil == nil }
  }

  /// Whoever is there and free claims; those who have left finish what they have.
  private mutating func claim(at now: Double) {
    for index in employees.indices.prefix(scenario.staff(at: now)) where employees[index].busyUntil == nil {
      guard lineStart < line.count else { break }
      let first = line[lineStart]
      lineStart += 1
      employees[index].claimedAt = now
      employees[index].busyUntil = now + scenario.handlingTime(&random)
      employees[index].lastAct = now
      if let estimate = first.estimate { told.append(Told(estimate: estimate, wait: Int64(now - first.arrived))) }
    }
  }

  private func statistics(at now: Double) -> QueueStatistics {
    var counts = StateCounts()
    counts.waiting = line.count - lineStart
    counts.serving = employees.count { $0.busyUntil != nil }
    let since = now - Double(QueueStatistics.activeWithin)
    let active = employees.count { $0.lastAct.map { $0 > since } ?? false }
    let summary = QueueSummary(
      queue: queue, version: 1, epoch: epoch, digest: QueueDigest(), mode: .open, counts: counts)
    return QueueStatistics(summary: summary, activeEmployees: active, handlingTimes: times)
  }
}
