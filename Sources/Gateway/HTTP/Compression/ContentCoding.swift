import HTTPTypes
import Hummingbird

/// When an answer is compressed, and whether its reader takes that: RFC 9110, section 12.5.3. Pure.
enum ContentCoding {
  /// Below that many bytes an answer fits into one packet anyway.
  static let minimum = 1_024
  private static let types: Set<Substring> = [
    "application/json", "application/problem+json", "text/csv", "text/javascript",
  ]

  /// True when these `Accept-Encoding` fields take gzip, and no less than the answer as it is.
  static func takesGzip(_ fields: [String]) -> Bool {
    var gzip: Int?
    var identity: Int?
    var other: Int?
    for range in fields.flatMap({ $0.split(separator: ",") }) {
      let parts = range.split(separator: ";", omittingEmptySubsequences: false)
      let weight = Weight.of(parts.dropFirst())
      switch parts[0].filter({ $0 != " " && $0 != "\t" }).lowercased() {
      case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
      case "identity": identity = weight
      case "*": other = weight
      default: break
      }
    }
    guard let gzip = gzip ?? other, gzip > 0 else { return false }
    return gzip >= identity ?? 0
  }

  /// True for an answer that is worth it. One with an ETag is left as it is, since the tag is of these very bytes and comes back in
  /// `If-Match`; `StaticFile` has its own way. One of `/v1/auth` is left because its length must not tell of the secrets in it.
  static func isWorthwhile(_ response: Response, path: String) -> Bool {
    // First what tells soonest.
    guard (response.body.contentLength ?? .max) >= minimum, response.headers[.eTag] == nil,
      response.headers[.contentEncoding] == nil, !path.hasPrefix("/v1/auth/"),
      let type = response.headers[.contentType]?.split(separator: ";").first
    else { return false }
    return types.contains(type)
  }

  /// The answer, compressed for a reader that takes it.
  static func apply(to response: Response, for request: Request) -> Response {
    // The answer to HEAD has no body, but the headers of one.
    guard request.method != .head, isWorthwhile(response, path: request.uri.path) else { return response }
    var response = response
    response.headers.vary(on: .acceptEncoding)
    guard takesGzip(request.headers[values: .acceptEncoding]) else { return response }
    response.headers[.contentEncoding] = "gzip"
    let body = response.body
    response.body = .long { writer in try await body.write(GzipBodyWriter(parent: writer)) }
    return response
  }
}
