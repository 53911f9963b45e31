import HTTPTypes
import Hummingbird

/// Which pages of other origins may use the API: CORS, by the Fetch standard. Never with credentials of the browser's own: whoever
/// asks brings a token. Pure.
struct CrossOrigin: Sendable {
  /// Origins as browsers write them; `*` allows every one.
  let allowed: Set<String>

  /// What a page may send, besides what every page may.
  static let requestHeaders = [
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Ticket-Token",
    "X-Request-Id", "traceparent", "tracestate",
  ].joined(separator: ", ")
  /// What a page may read, besides what every page may.
  static let exposedHeaders = ["ETag", "Location", "Retry-After", "X-Request-Id"].joined(separator: ", ")
  /// How long a browser may keep what it was told, in seconds; the most that one of the big ones keeps it.
  static let maximumAge = 7_200

  /// Adds what the request's origin may do with the answer: nothing unless it is allowed.
  func apply(to headers: inout HTTPFields, for request: HTTPFields) {
    guard !allowed.isEmpty else { return }
    // Whether there is a header here hangs on the origin, whoever asked first.
    headers.vary(on: .origin)
    guard let origin = origin(of: request) else { return }
    headers[.accessControlAllowOrigin] = origin
    headers[.accessControlExposeHeaders] = Self.exposedHeaders
  }

  /// The answer to OPTIONS on a path with these methods.
  func options(_ methods: [String], for request: HTTPFields) -> Response {
    var headers: HTTPFields = [.allow: methods.joined(separator: ", ")]
    if origin(of: request) != nil, request[.accessControlRequestMethod] != nil {
      headers[.accessControlAllowMethods] = headers[.allow]
      headers[.accessControlAllowHeaders] = Self.requestHeaders
      headers[.accessControlMaxAge] = String(Self.maximumAge)
    }
    return Response(status: .noContent, headers: headers)
  }

  private func origin(of request: HTTPFields) -> String? {
    let origins = request[values: .origin]
    guard origins.count == 1, let origin = origins.first else { return nil }
    return allowed.contains("*") || allowed.contains(origin) ? origin : nil
  }
}
