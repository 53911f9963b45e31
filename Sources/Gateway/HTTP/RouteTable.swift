import HTTPTypes
import Hummingbird

/// The routes, by path and method. Built into Hummingbird's router; a method that a path does not have gets 405 with those
/// that it has.
struct RouteTable {
  typealias Handler = @Sendable (Exchange) async throws -> Response

  private var paths: [(path: String, methods: [HTTPRequest.Method: Handler])] = []
  private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

  mutating func on(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
    if let index = paths.firstIndex(where: { $0.path == path }) {
      paths[index].methods[method] = handler
    } else {
      paths.append((path, [method: handler]))
    }
  }

  func router(_ services: GatewayServices) -> Router<GatewayContext> {
    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: ProblemMiddleware(services: services))
    for (path, handlers) in paths {
      let allow = handlers.keys.map(\.rawValue).sorted()
      for method in Self.methods {
        if let handler = handlers[method] {
          router.on(RouterPath(path), method: method) { request, context in
            try await handler(Exchange(request: request, context: context, services: services))
          }
        } else if method != .head || handlers[.get] == nil {
          router.on(RouterPath(path), method: method) { _, _ -> Response in
            var error = GatewayError(.methodNotAllowed, "this path takes \(allow.joined(separator: ", "))")
            error.allow = allow
            throw error
          }
        }
      }
    }
    return router
  }
}
