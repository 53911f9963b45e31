import HTTPTypes
import Hummingbird
import ServiceQueue

/// Around everything: gives each request its id and its trace, bounds its URI, and gives each answer what it has whatever it says: the id, what
/// other origins may do with it, 304 where the reader has it, and compression.
struct EdgeMiddleware: RouterMiddleware {
  typealias Context = GatewayContext

  /// The longest target of a request, in bytes.
  static let longestTarget = 8_192

  let services: GatewayServices

  func handle(
    _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    context.identify(RequestID.given(request.headers) ?? services.ids.next().rawValue)
    var response: Response
    if request.uri.string.utf8.count > Self.longestTarget {
      let error = GatewayError(.uriTooLong, "path and query may have \(Self.longestTarget) bytes")
      response = Problem.response(error, requestID: context.id)
    } else {
      // Errors are problems by now.
      let identified = context
      let answer = try await RequestTrace.span(request) { try await next(request, identified) }
      response = EntityTags.condense(answer, for: request)
    }
    response.headers[RequestID.header] = context.id
    CrossOrigin(allowed: services.configuration.allowedOrigins).apply(to: &response.headers, for: request.headers)
    response = ContentCoding.apply(to: response, for: request)
    // Whoever made the answer, a problem included: what follows the head would be taken for the next answer.
    if request.method == .head { response = response.createHeadResponse() }
    if response.status == .noContent || response.status == .notModified { response.headers[.contentLength] = nil }
    return response
  }
}
