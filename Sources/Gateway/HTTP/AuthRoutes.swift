import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Signing in and out.
enum AuthRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/auth/token", token)
    routes.on(.post, "/v1/auth/refresh", refresh)
    routes.on(.post, "/v1/auth/logout", logout)
  }

  private static func token(_ exchange: Exchange) async throws -> Response {
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["username", "password"])
    let name = try arguments.required("username")
    let password = try arguments.required("password")
    let (accounts, origin) = (exchange.services.stores.accounts, exchange.loginOrigin)
    let user = try await exchange.services.limiter.checking(name: name, place: exchange.place) {
      () async throws(UserStoreError) in
      try await accounts.authenticate(username: name, password: password, from: origin)
    }
    guard let key else { return try await session(exchange, of: user) }
    // The password was good, so no hash of it need be kept. A user that was changed has other tokens than those that are kept.
    let request = Array("\(name) \(user.version)".utf8)
    return try await IdempotentRoute.answer(exchange, key: key, scope: "\(user.id) sign-in", body: request) {
      try await session(exchange, of: user)
    }
  }

  /// The tokens of a new session.
  static func session(_ exchange: Exchange, of user: User) async throws -> Response {
    try answer(
      exchange, user,
      try await exchange.services.stores.accounts.issueRefreshToken(userID: user.id, from: exchange.loginOrigin))
  }

  private static func refresh(_ exchange: Exchange) async throws -> Response {
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["refresh_token"])
    let token = try arguments.required("refresh_token")
    guard exchange.services.tokens.canSign else { throw GatewayError(.noKeys) }
    let session = try await exchange.services.stores.accounts.refresh(token, idempotencyKey: key)
    return try answer(exchange, session.user, session.refreshToken, session.accessTerms)
  }

  private static func logout(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["refresh_token"])
    if let session = try await exchange.services.stores.accounts.logout(try arguments.required("refresh_token")) {
      // Here at once; other nodes see it at their next look.
      await exchange.services.end(
        [EndedSession(id: session, endedAt: Timestamp(milliseconds: exchange.services.clock.milliseconds()))])
    }
    return Response(status: .noContent)
  }

  /// The tokens of a session that begins or goes on. With `terms` the access token is the one that was given before.
  static func answer(
    _ exchange: Exchange, _ user: User, _ refresh: RefreshToken, _ terms: RefreshedSession.AccessTerms? = nil
  ) throws(GatewayError) -> Response {
    let services = exchange.services
    let now = services.clock.seconds
    // By PostgreSQL's clock, unless that is so far ahead that the token would be refused.
    let given = terms.map { $0.issuedAt.milliseconds / 1_000 }
    let issued = given.flatMap { $0 <= now + TokenClaims.leeway / 2 ? $0 : nil } ?? now
    let token: String
    do throws(TokenFault) {
      token = try services.tokens.issue(
        for: user.principal, session: refresh.sessionID, jti: terms?.tokenID ?? services.ids.next().rawValue,
        now: issued)
    } catch { throw GatewayError(error) }
    return .json {
      $0.object {
        $0.key("access_token")
        $0.string(token)
        $0.key("refresh_token")
        $0.string(refresh.token)
        $0.key("token_type")
        $0.string("Bearer")
        $0.key("expires_in")
        $0.number(min(services.tokens.lifetimeSeconds, issued + services.tokens.lifetimeSeconds - now))
      }
    }
  }
}
