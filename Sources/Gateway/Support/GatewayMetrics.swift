import Metrics
import ServiceQueue

/// The Gateway's series, made once.
struct GatewayMetrics: Sendable {
  private let connections = Gauge(label: "usher_gateway_connections")
  private let deliveries = Counter(label: "usher_gateway_deliveries_total")
  private let slow = Counter(label: "usher_gateway_slow_closes_total")
  private let overRates = Counter(label: "usher_gateway_refused_commands_total")
  private let resyncs = Counter(label: "usher_gateway_resyncs_total")
  private let requests = RequestSeries()
  private let overflows = Counter(label: "usher_gateway_mailbox_overflows_total")
  private let eventLag = Metrics.Timer(label: "usher_gateway_event_lag_seconds")
  /// Whoever asks names the method; others are counted as one.
  private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

  /// How many WebSockets and event streams are open.
  func connections(_ count: Int) { connections.record(count) }

  /// Events written to subscribers.
  func delivered(_ events: Int) { deliveries.increment(by: events) }

  /// A batch of events is here, the oldest of them from `moment`, by Redis' clock.
  func received(eventsSince moment: Timestamp) {
    eventLag.recordMilliseconds(max(0, GatewayClock.system.milliseconds() - moment.milliseconds))
  }

  /// A reader was too slow.
  func slowClose() { slow.increment() }

  /// More waited for an event loop than it may hold: subscribers were asked to subscribe again.
  func mailboxOverflow(_ queues: Int) { overflows.increment(by: queues) }

  /// A subscriber was asked to subscribe again.
  func resync() { resyncs.increment() }

  /// A connection was refused because of a limit: `node`, `user` or `address`.
  func refused(_ limit: String) {
    Counter(label: "usher_gateway_refused_connections_total", dimensions: [("limit", limit)]).increment()
  }

  /// A command was refused because its connection sent too many.
  func overRate() { overRates.increment() }

  /// A command came over a WebSocket; `method` is a known RPC method, or empty.
  func command(_ kind: String, method: String) {
    Counter(label: "usher_gateway_commands_total", dimensions: [("command", kind), ("method", method)]).increment()
  }

  /// A connection was ended by the server.
  func disconnect(_ code: UInt16) {
    Counter(label: "usher_gateway_disconnects_total", dimensions: [("code", String(code))]).increment()
  }

  /// A request was answered; `route` is the pattern, not the path.
  func request(method: String, route: String, status: Int, took: Duration) {
    requests.record(
      method: Self.methods.contains(method) ? method : "other", route: route, status: status, took: took)
  }
}
