import Metrics

/// The Gateway's series, made once.
struct GatewayMetrics: Sendable {
  private let connections = Gauge(label: "usher_gateway_connections")
  private let deliveries = Counter(label: "usher_gateway_deliveries_total")
  private let slow = Counter(label: "usher_gateway_slow_closes_total")
  private let resyncs = Counter(label: "usher_gateway_resyncs_total")

  /// How many WebSockets are open.
  func connections(_ count: Int) { connections.record(count) }

  /// Events written to subscribers.
  func delivered(_ events: Int) { deliveries.increment(by: events) }

  /// A reader was too slow.
  func slowClose() { slow.increment() }

  /// A subscriber was asked to subscribe again.
  func resync() { resyncs.increment() }

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
    let dimensions = [("method", method), ("route", route)]
    Counter(label: "usher_gateway_http_requests_total", dimensions: dimensions + [("status", String(status))])
      .increment()
    let (seconds, attoseconds) = took.components
    Metrics.Timer(label: "usher_gateway_http_request_seconds", dimensions: dimensions)
      .recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
