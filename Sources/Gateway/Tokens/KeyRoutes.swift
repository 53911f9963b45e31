import HTTPTypes
import Hummingbird
import ServiceQueue

/// The public keys, for whoever verifies access tokens elsewhere.
enum KeyRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/.well-known/jwks.json") { exchange in
      guard exchange.services.tokens.isReady else { throw GatewayError(.noKeys) }
      let (bytes, tag) = exchange.services.tokens.jwks
      // A key is published for longer than this before it signs.
      let age = exchange.services.configuration.keySetMaximumAge
      return .json(.ok, bytes, [.cacheControl: "public, max-age=\(age)", .eTag: tag])
    }
  }
}
