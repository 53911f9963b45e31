import HTTPTypes
import Hummingbird
import Logging

/// Around every route: turns errors into problems, counts, and tells the log at `debug`.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = GatewayContext

  let services: GatewayServices

  func handle(
    _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as HTTPError where error.status == .notFound {
      response = Problem.response(GatewayError(.notFound, "there is no such path"), requestID: context.id)
    } catch {
      response = Problem.response(context.known(error, services.logger), requestID: context.id)
    }
    // Hummingbird takes the body off an answer to HEAD, but not off an error: the client would read it as the next answer.
    if request.method == .head { response = response.createHeadResponse() }
    if request.headers[.connection] == "close" { response.headers[.connection] = "close" }
    let took = ContinuousClock.now - start
    services.metrics.request(
      method: request.method.rawValue, route: context.route, status: response.status.code, took: took)
    services.logger.debug(
      "a request was answered",
      metadata: [
        "request": "\(context.id)", "method": "\(request.method.rawValue)", "route": "\(context.route)",
        "status": "\(response.status.code)", "ms": "\(took / .milliseconds(1))",
      ])
    return response
  }
}

extension GatewayContext {
  /// The pattern of the path, for logs and metrics.
  fileprivate var route: String { endpointPath ?? "none" }

  /// The error as clients see it; one that nobody foresaw is logged.
  func known(_ error: any Error, _ logger: Logger) -> GatewayError {
    let known = GatewayError(any: error)
    if known.code == .internal {
      // The type alone of an error nobody foresaw: its text may hold anything.
      logger.error(
        "a request failed",
        metadata: [
          "request": "\(id)", "route": "\(route)", "error": "\(type(of: error))", "detail": "\(known.message)",
        ])
    }
    return known
  }
}
