import HTTPTypes
import Hummingbird
import UserStore

/// Signing in by an OpenID provider: its token for a pair of Usher's own.
enum OpenIDRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/auth/oidc", signIn)
  }

  private static func signIn(_ exchange: Exchange) async throws -> Response {
    let services = exchange.services
    guard let openID = services.openID else {
      throw GatewayError(.notFound, "no OpenID provider is set up here")
    }
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["id_token"])
    let token = try arguments.required("id_token")
    guard services.tokens.canSign else { throw GatewayError(.noKeys) }
    let identity = try await openID.identity(token)
    guard let key else { return try await session(exchange, of: identity) }
    // The token was good, whatever is answered.
    return try await IdempotentRoute.answer(
      exchange, key: key, scope: "\(identity.issuer) \(identity.subject) sign-in", body: Array(token.utf8)
    ) {
      try await session(exchange, of: identity)
    }
  }

  private static func session(_ exchange: Exchange, of identity: OpenIDIdentity) async throws -> Response {
    let (address, request) = (exchange.remoteAddress, exchange.context.id)
    let user = try await exchange.services.stores.openID.signIn(identity) { action in
      AuditEntry(
        action: action, actor: nil, detail: Array(#"{"cause":"openid"}"#.utf8), address: address, requestID: request)
    }
    // What the provider changed holds against older tokens, too.
    await exchange.services.apply([user])
    return try await AuthRoutes.session(exchange, of: user)
  }
}
