import Metrics
import Synchronization

/// The series of answered requests, each looked up once: to find one by its labels costs as much as to route a request. As many as there
/// are methods, routes and statuses.
final class RequestSeries: Sendable {
  private struct Key: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct Series {
    let requests: Counter
    let duration: Timer
  }

  private let known = Mutex<[Key: Series]>([:])

  /// A request was answered; `route` is the pattern, not the path.
  func record(method: String, route: String, status: Int, took: Duration) {
    let key = Key(method: method, route: route, status: status)
    let series = known.withLock { known in
      if let series = known[key] { return series }
      let dimensions = [("method", method), ("route", route)]
      let series = Series(
        requests: Counter(
          label: "usher_gateway_http_requests_total", dimensions: dimensions + [("status", String(status))]),
        duration: Timer(label: "usher_gateway_http_request_seconds", dimensions: dimensions))
      known[key] = series
      return series
    }
    series.requests.increment()
    series.duration.record(duration: took)
  }
}
