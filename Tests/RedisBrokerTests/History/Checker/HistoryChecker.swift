import ServiceQueue

/// Judges a history, as Jepsen does: a pure function of what was recorded. What it finds must not be; an operation of unknown
/// outcome may or may not have happened.
struct HistoryChecker {
  let history: History
  let log: EventLog
  let terms = DigestTerms()
  /// The names of those who may take a claim away.
  let assigners: Set<String>
  var anomalies: [Anomaly]

  private init(_ history: History) {
    self.history = history
    log = EventLog(history)
    assigners = Set(history.operations.compactMap(\.request).filter(\.mayActOnAnyClaim).map(\.actor.name))
    anomalies = log.anomalies
  }

  /// Everything that is wrong with `history`; empty when nothing is.
  static func anomalies(of history: History) -> [Anomaly] {
    var checker = HistoryChecker(history)
    checker.checkObservers()
    checker.checkStreams()
    checker.checkAnswers()
    checker.checkSubmissions()
    checker.checkOutbox()
    return checker.anomalies
  }

  /// What is wrong with what the observers saw, without regard to the rest.
  static func observerAnomalies(of history: History) -> [Anomaly] {
    var checker = HistoryChecker(history)
    checker.checkObservers()
    return checker.anomalies
  }

  mutating func report(_ kind: Anomaly.Kind, _ detail: String) {
    anomalies.append(Anomaly(kind, detail))
  }
}
