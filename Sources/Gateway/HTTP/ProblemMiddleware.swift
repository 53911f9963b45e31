import HTTPTypes
import Hummingbird
import Logging

/// Around every route: turns errors into problems, and counts.
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
      response = Problem.response(GatewayError(.notFound, "there is no such path"))
    } catch {
      let known = GatewayError(any: error)
      if known.code == .internal {
        // The type alone of an error nobody foresaw: its text may hold anything.
        services.logger.error(
          "a request failed",
          metadata: ["route": "\(route(context))", "error": "\(type(of: error))", "detail": "\(known.message)"])
      }
      response = Problem.response(known)
    }
    if request.headers[.connection] == "close" { response.headers[.connection] = "close" }
    services.metrics.request(
      method: request.method.rawValue, route: route(context), status: response.status.code,
      took: ContinuousClock.now - start)
    return response
  }

  private func route(_ context: GatewayContext) -> String { context.endpointPath ?? "none" }
}
