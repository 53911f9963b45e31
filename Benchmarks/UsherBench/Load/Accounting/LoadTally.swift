/// Everything that is counted during a run. Pure.
struct LoadTally: Sendable {
  /// One action within the measured time.
  struct Count: Sendable {
    /// Those that were due.
    var offered = 0
    /// Those that were answered as wished, by when they were due, and by when the answer came.
    var done = 0
    var doneMeanwhile = 0
  }

  /// What viewers met.
  struct Screens: Sendable, Encodable {
    /// Events that followed the one before, with the right digest.
    var events = 0
    /// Events that did not follow the one before.
    var gaps = 0
    /// Copies whose digest was not the server's.
    var wrongDigests = 0
    /// Snapshots after the first.
    var resyncs = 0
    /// Connections that were lost and made again.
    var reconnects = 0
    /// Requests that did not come as an event to a viewer that never had to begin anew.
    var missed = 0
  }

  /// More words of errors are counted under `other`.
  private static let codesLimit = 64

  let window: LoadWindow
  private(set) var counts: [LoadAction: Count] = [:]
  private(set) var latencies: [LoadAction: LatencyParts] = [:]
  /// By action and code.
  private(set) var errors: [String: Int] = [:]
  /// Calls of claim-next when nobody waited.
  private(set) var emptyClaims = 0
  /// Ends of visits, by course.
  private(set) var courses: [VisitPlan.Course: Int] = [:]
  private var visits = 0
  var screens = Screens()
  var timeline: RateTimeline
  var ledger: RequestLedger

  init(plan: LoadPlan, due: [UInt64]) {
    window = plan.window
    timeline = RateTimeline(seconds: Int(plan.total.rounded(.up)))
    ledger = RequestLedger(due: due)
  }

  /// It is to be done then, for so many.
  mutating func offer(_ action: LoadAction, due: UInt64, times: Int = 1) {
    guard window.part(of: due) != nil else { return }
    counts[action, default: Count()].offered += times
  }

  /// It was answered now.
  mutating func finish(_ action: LoadAction, due: UInt64, now: UInt64) {
    if window.part(of: now) != nil { counts[action, default: Count()].doneMeanwhile += 1 }
    guard let part = window.part(of: due) else { return }
    counts[action, default: Count()].done += 1
    latencies[action, default: LatencyParts(parts: window.parts)].record(now > due ? now - due : 0, part: part)
  }

  /// Nobody waited; it is no failure, and no measure of a claim either.
  mutating func foundEmpty(due: UInt64) {
    emptyClaims += 1
    if window.part(of: due) != nil { counts[.claimNext, default: Count()].offered -= 1 }
  }

  /// False when too many visits are under way: this one does not take place, and is no part of the load.
  mutating func beginVisit() -> Bool {
    guard visits < LoadPlan.visitsLimit else {
      fail(LoadAction.claimNext.rawValue, "client_overrun")
      return false
    }
    visits += 1
    return true
  }

  mutating func endVisit() { visits -= 1 }

  mutating func end(_ course: VisitPlan.Course) { courses[course, default: 0] += 1 }

  mutating func fail(_ what: String, _ code: String) {
    let key = "\(what): \(code)"
    errors[errors[key] != nil || errors.count < Self.codesLimit ? key : "other", default: 0] += 1
  }
}
