import HTTPTypes
import Hummingbird

/// The routes, by path and method. Built into Hummingbird's router; a method that a path does not have gets 405 with those
/// that it has, and OPTIONS the same list.
struct RouteTable {
  typealias Handler = @Sendable (Exchange) async throws -> Response

  /// One method of one path.
  struct Operation: Hashable, Sendable, CustomStringConvertible {
    let method: String
    /// As OpenAPI writes it: `/v1/users/{id}`.
    let path: String
    var description: String { "\(method) \(path)" }
  }

  /// Where a handler computes.
  enum Effort: Sendable {
    /// On its connection's event loop, a hop less each way: far less than a millisecond between two waits, whatever is asked.
    case short
    /// In the cooperative pool: whatever grows with what is asked or found.
    case long
  }

  private var paths: [(path: String, methods: [HTTPRequest.Method: Handler])] = []
  /// All that NIO's parser lets in: a path that there is answers 405 to what it does not take, never 404.
  private static let methods = """
    GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY \
    MKCALENDAR MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK \
    UNSUBSCRIBE QUERY
    """.split(separator: " ").compactMap { HTTPRequest.Method(String($0)) }

  /// Adds a route. `idempotent` says who keeps the promise of its `Idempotency-Key`.
  mutating func on(
    _ method: HTTPRequest.Method, _ path: String, effort: Effort = .long, idempotent: IdempotencyKeeper = .handler,
    _ handler: @escaping Handler
  ) {
    let handler = effort.placing(idempotent == .stored ? IdempotentRoute.wrapping(handler) : handler)
    if let index = paths.firstIndex(where: { $0.path == path }) {
      paths[index].methods[method] = handler
    } else {
      paths.append((path, [method: handler]))
    }
  }

  /// What there is, without the HEAD of each GET and the OPTIONS of each path.
  var operations: Set<Operation> {
    Set(
      paths.flatMap { path, methods in
        methods.keys.map { Operation(method: $0.rawValue, path: Self.template(path)) }
      })
  }

  /// `/v1/users/:id` as `/v1/users/{id}`.
  private static func template(_ path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false)
      .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
  }

  /// The router. An operation that `document` describes takes the query parameters that stand there, and no others.
  func router(_ services: GatewayServices, document: OpenAPIDocument) -> Router<GatewayContext> {
    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: EdgeMiddleware(services: services))
    router.add(middleware: ProblemMiddleware(services: services))
    let origins = CrossOrigin(allowed: services.configuration.allowedOrigins)
    for (path, handlers) in paths {
      let allow = (handlers.keys.map(\.rawValue) + (handlers[.get] == nil ? [] : ["HEAD"])).sorted()
      for method in Self.methods {
        if let handler = handlers[method] {
          let known = document.query(of: Operation(method: method.rawValue, path: Self.template(path)))
          router.on(RouterPath(path), method: method) { request, context in
            let parameters = try QueryParameters(request.uri.query)
            if let known { try parameters.check(known) }
            return try await handler(
              Exchange(request: request, context: context, services: services, parameters: parameters))
          }
        } else if method == .options {
          router.on(RouterPath(path), method: method) { request, _ in origins.options(allow, for: request.headers) }
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

extension RouteTable.Effort {
  /// The handler, called where it belongs by whoever is on the connection's loop.
  fileprivate func placing(_ handler: @escaping RouteTable.Handler) -> RouteTable.Handler {
    switch self {
    case .short: handler
    case .long:
      { exchange in try await withTaskExecutorPreference(globalConcurrentExecutor) { try await handler(exchange) } }
    }
  }
}
