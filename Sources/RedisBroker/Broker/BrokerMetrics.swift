import Metrics
import ServiceQueue

/// The Broker's metrics, each made once; those of the queues are in `QueueMetrics`. Stays on the reactor's thread.
final class BrokerMetrics {
  private final class Command {
    let name: String
    let successes: Counter
    let latency: Metrics.Timer
    var errors: [BrokerError.Code: Counter] = [:]

    init(_ name: String) {
      self.name = name
      successes = Self.counter(of: name, outcome: "ok")
      latency = Metrics.Timer(label: "usher_broker_command_seconds", dimensions: [("command", name)])
    }

    static func counter(of name: String, outcome: String) -> Counter {
      Counter(label: "usher_broker_commands_total", dimensions: [("command", name), ("outcome", outcome)])
    }
  }

  private var commands: [String: Command] = [:]
  private var underwayGauges: [String: Gauge] = [:]
  private var outboxGauges: [OutboxReader: (entries: Gauge, lag: Gauge)] = [:]
  private let reconnects = Counter(label: "usher_broker_reconnects_total")
  private let events = Counter(label: "usher_broker_events_total")
  private let behind = Gauge(label: "usher_broker_events_behind")
  private let weaknesses = Gauge(label: "usher_broker_durability_warnings")
  private let leasesExpired = BrokerMetrics.swept("lease_expired")
  private let holdsExpired = BrokerMetrics.swept("hold_expired")
  private let due = BrokerMetrics.swept("due")
  /// From the start, since an alert must see the first of them.
  private let redisErrors: [String: Counter]
  private let otherRedisErrors = BrokerMetrics.redisErrors("other")
  private let presenceSwept = Counter(label: "usher_broker_presence_swept_total")
  private let overflows = Counter(label: "usher_broker_subscriber_overflows_total")

  init() {
    redisErrors = Dictionary(
      uniqueKeysWithValues: BrokerError.redisRefusals.map { ($0, BrokerMetrics.redisErrors($0)) })
  }

  /// A command has ended, well if there is no `error`. The names are few and known.
  func finished(_ name: String, error: BrokerError.Code?, after duration: Duration?) {
    let command = self.command(name)
    if let error {
      let counter = command.errors[error] ?? Command.counter(of: name, outcome: error.rawValue)
      command.errors[error] = counter
      counter.increment()
    } else {
      command.successes.increment()
    }
    if let duration { command.latency.record(duration: duration) }
  }

  private func command(_ name: String) -> Command {
    if let known = commands[name] { return known }
    let made = Command(name)
    commands[name] = made
    return made
  }

  /// `link` names one of the Broker's six connections.
  func underway(_ count: Int, link: String) {
    let gauge = underwayGauges[link] ?? Gauge(label: "usher_broker_commands_underway", dimensions: [("link", link)])
    underwayGauges[link] = gauge
    gauge.record(count)
  }

  /// What a reader of the outbox lacks, and for how long the oldest of it has been there.
  func outbox(_ reader: OutboxReader, entries: Int, lag: Double) {
    let dimensions = [("reader", reader.rawValue)]
    let gauges =
      outboxGauges[reader]
      ?? (
        Gauge(label: "usher_outbox_entries", dimensions: dimensions),
        Gauge(label: "usher_outbox_lag_seconds", dimensions: dimensions)
      )
    outboxGauges[reader] = gauges
    gauges.entries.record(entries)
    gauges.lag.record(lag)
  }

  private static func swept(_ reason: String) -> Counter {
    Counter(label: "usher_broker_swept_total", dimensions: [("reason", reason)])
  }

  /// Redis answered with an error of its own; `code` is the one that `BrokerError.redisRefusal` knows, or nil.
  func refusedByRedis(_ code: String?) {
    (code.flatMap { redisErrors[$0] } ?? otherRedisErrors).increment()
  }

  private static func redisErrors(_ code: String) -> Counter {
    Counter(label: "usher_broker_redis_errors_total", dimensions: [("error", code)])
  }

  /// Changes that are in the event streams and were not read yet.
  func behind(events count: Int) { behind.record(count) }
  /// How many of Redis' settings are weaker than they should be.
  func weaknesses(_ count: Int) { weaknesses.record(count) }

  /// Services that were put in line because of the time, those whose lease and those whose hold ended.
  func swept(due: Int, leases: Int, holds: Int) {
    self.due.increment(by: due)
    leasesExpired.increment(by: leases)
    holdsExpired.increment(by: holds)
  }

  func reconnected() { reconnects.increment() }
  func read(events count: Int) { events.increment(by: count) }
  func swept(connections count: Int) { presenceSwept.increment(by: count) }
  func overflowed() { overflows.increment() }
}
