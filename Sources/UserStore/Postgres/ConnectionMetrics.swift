import Metrics

/// The series of one connection, made once.
struct ConnectionMetrics {
  private let requests: Counter
  private let failures: Counter
  private let connects: Counter
  private let isConnected: Gauge
  private let inFlight: Gauge
  private let waiting: Gauge
  private let seconds: Metrics.Timer

  /// - Parameter connection: `interactive`, `history`, `reports`, or `reports-2` and so on.
  init(connection: String) {
    let dimensions = [("connection", connection)]
    requests = Counter(label: "usher_userstore_requests_total", dimensions: dimensions)
    failures = Counter(label: "usher_userstore_connection_failures_total", dimensions: dimensions)
    connects = Counter(label: "usher_userstore_connects_total", dimensions: dimensions)
    isConnected = Gauge(label: "usher_userstore_connected", dimensions: dimensions)
    inFlight = Gauge(label: "usher_userstore_requests_in_flight", dimensions: dimensions)
    waiting = Gauge(label: "usher_userstore_requests_waiting", dimensions: dimensions)
    seconds = Metrics.Timer(label: "usher_userstore_request_seconds", dimensions: dimensions)
  }

  /// It is there, the first time or again.
  func connected() {
    connects.increment()
    isConnected.record(1)
  }

  /// It is not there.
  func disconnected() { isConnected.record(0) }

  /// It broke, or an attempt to connect failed.
  func failed() { failures.increment() }

  /// What is under way.
  func load(inFlight: Int, waiting: Int) {
    self.inFlight.record(inFlight)
    self.waiting.record(waiting)
  }

  /// A request has its answer or its failure.
  func answered(after took: Duration) {
    requests.increment()
    seconds.record(duration: took)
  }
}
