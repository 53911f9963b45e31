import Metrics
import ServiceQueue

/// The figures of the queues, `usher_queue_*`: what stands in them, measured from time to time, and how long services waited and were
/// handled, told by the commands that this Broker carried out. Stays on the reactor's thread.
final class QueueMetrics {
  /// The queues that have series of their own, as they come: all later ones are counted together as `other`.
  static let namesLimit = 200
  private static let other = "other"
  private static let states: [ServiceState] = [.scheduled, .waiting, .claimed, .serving, .onHold]

  /// A queue at one moment.
  struct Measure: Hashable {
    let queue: QueueName
    let counts: StateCounts
    let isPaused: Bool
    /// Seconds that who waits longest has waited; 0 when nobody does.
    let oldestWaiting: Double
  }

  private final class Gauges {
    let services: [(state: ServiceState, gauge: Gauge)]
    let oldest: Gauge
    let paused: Gauge

    init(_ label: String) {
      services = QueueMetrics.states.map {
        ($0, Gauge(label: "usher_queue_services", dimensions: [("queue", label), ("state", $0.rawValue)]))
      }
      oldest = Gauge(label: "usher_queue_oldest_waiting_seconds", dimensions: [("queue", label)])
      paused = Gauge(label: "usher_queue_paused", dimensions: [("queue", label)])
    }

    func record(_ counts: StateCounts, oldest: Double, isPaused: Bool) {
      for (state, gauge) in services { gauge.record(counts[state]) }
      self.oldest.record(oldest)
      paused.record(isPaused ? 1 : 0)
    }
  }

  private struct Timers {
    let name: String
    private var made: [String: Metrics.Timer] = [:]

    init(name: String) { self.name = name }

    mutating func record(from began: Timestamp, to ended: Timestamp, label: String) {
      let timer = made[label] ?? Metrics.Timer(label: name, dimensions: [("queue", label)])
      made[label] = timer
      timer.recordMilliseconds(max(0, ended.milliseconds - began.milliseconds))
    }
  }

  private var labels: [QueueName: String] = [:]
  private var gauges: [String: Gauges] = [:]
  private var waits = Timers(name: "usher_queue_wait_seconds")
  private var handlings = Timers(name: "usher_queue_handling_seconds")

  /// The queues as they are now, all of them: one that is gone counts as empty.
  func measured(_ measures: [Measure]) {
    let groups = Dictionary(grouping: measures) { label(of: $0.queue) }
    for name in Set(groups.keys).union(gauges.keys) {
      let group = groups[name] ?? []
      var counts = StateCounts()
      for state in Self.states { counts[state] = group.reduce(0) { $0 + $1.counts[state] } }
      let gauges = gauges[name] ?? Gauges(name)
      self.gauges[name] = gauges
      gauges.record(
        counts, oldest: group.map(\.oldestWaiting).max() ?? 0,
        isPaused: !group.isEmpty && group.allSatisfy(\.isPaused))
    }
  }

  /// A command has done something to the service, which is now like this.
  func performed(_ command: Command, _ service: Service) {
    switch command {
    case .claim, .claimNext:
      // Who came back has waited once already.
      guard service.attempts == 0, let claimed = service.claimedAt else { return }
      let began = max(service.submittedAt, service.scheduledFor ?? service.submittedAt)
      waits.record(from: began, to: claimed, label: label(of: service.queue))
    case .complete:
      // Holds included, unlike the times that estimates are made of.
      guard let claimed = service.claimedAt, let ended = service.endedAt else { return }
      handlings.record(from: claimed, to: ended, label: label(of: service.queue))
    default: return
    }
  }

  /// The value of the label `queue`.
  func label(of queue: QueueName) -> String {
    if let known = labels[queue] { return known }
    guard labels.count < Self.namesLimit else { return Self.other }
    labels[queue] = queue.rawValue
    return queue.rawValue
  }
}
