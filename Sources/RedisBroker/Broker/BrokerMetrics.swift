import Metrics

/// The Broker's metrics, each made once. Stays on the reactor's thread.
///
/// `usher_broker_commands_total{command, outcome}`, `usher_broker_command_seconds{command}` (not of reads that wait for
/// news), `usher_broker_commands_underway{link}`, `usher_broker_reconnects_total`, `usher_broker_events_total`,
/// `usher_broker_swept_total`, `usher_broker_subscriber_overflows_total`.
final class BrokerMetrics {
  private struct Key: Hashable {
    let command: String
    let outcome: String
  }

  private var commands: [Key: Counter] = [:]
  private var latencies: [String: Metrics.Timer] = [:]
  private var underwayGauges: [String: Gauge] = [:]
  private let reconnects = Counter(label: "usher_broker_reconnects_total")
  private let events = Counter(label: "usher_broker_events_total")
  private let swept = Counter(label: "usher_broker_swept_total")
  private let overflows = Counter(label: "usher_broker_subscriber_overflows_total")

  /// `outcome` is `ok` or the code of an error; both sets are small and known.
  func finished(_ command: String, outcome: String, after duration: Duration?) {
    let key = Key(command: command, outcome: outcome)
    if let counter = commands[key] {
      counter.increment()
    } else {
      let counter = Counter(
        label: "usher_broker_commands_total", dimensions: [("command", command), ("outcome", outcome)])
      commands[key] = counter
      counter.increment()
    }
    guard let duration else { return }
    if let timer = latencies[command] {
      timer.record(duration: duration)
    } else {
      let timer = Metrics.Timer(label: "usher_broker_command_seconds", dimensions: [("command", command)])
      latencies[command] = timer
      timer.record(duration: duration)
    }
  }

  /// `link` names one of the Broker's four connections.
  func underway(_ count: Int, link: String) {
    let gauge = underwayGauges[link] ?? Gauge(label: "usher_broker_commands_underway", dimensions: [("link", link)])
    underwayGauges[link] = gauge
    gauge.record(count)
  }

  func reconnected() { reconnects.increment() }
  func read(events count: Int) { events.increment(by: count) }
  func swept(_ count: Int) { swept.increment(by: count) }
  func overflowed() { overflows.increment() }
}
