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
    try await signIn(exchange) { exchange, user in try await session(exchange, of: user) }
  }

  /// Checks the name and password that the body has. What `begin` makes of their user is the answer again under the same
  /// `Idempotency-Key`.
  static func signIn(
    _ exchange: Exchange, _ begin: @Sendable (Exchange, User) async throws -> Response
  ) async throws -> Response {
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["username", "password"])
    let name = try arguments.required("username")
    let password = try arguments.required("password")
    let (accounts, origin) = (exchange.services.stores.accounts, exchange.loginOrigin)
    let user = try await exchange.services.limiter.checking(name: name, place: exchange.place) {
      () async throws(UserStoreError) in
      try await accounts.authenticate(username: name, password: password, from: origin)
    }
    guard let key else { return try await begin(exchange, user) }
    // The password was good, so no hash of it need be kept. A user that was changed has other tokens than those that are kept.
    let request = Array("\(name) \(user.version)".utf8)
    return try await IdempotentRoute.answer(exchange, key: key, scope: "\(user.id) sign-in", body: request) {
      try await begin(exchange, user)
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
    try await end(try arguments.required("refresh_token"), exchange)
    return Response(status: .noContent)
  }

  /// Ends the session of a refresh token, if it goes on.
  static func end(_ token: String, _ exchange: Exchange) async throws {
    guard let session = try await exchange.services.stores.accounts.logout(token) else { return }
    // Here at once; other nodes see it at their next look.
    await exchange.services.end(
      [EndedSession(id: session, endedAt: Timestamp(milliseconds: exchange.services.clock.milliseconds()))])
  }

  /// The tokens of a session that begins or goes on, as `access` has them.
  static func answer(
    _ exchange: Exchange, _ user: User, _ refresh: RefreshToken, _ terms: RefreshedSession.AccessTerms? = nil
  ) throws(GatewayError) -> Response {
    let access = try access(exchange, user.principal, session: refresh.sessionID, terms)
    return .json {
      $0.object {
        $0.members(of: access)
        $0.key("refresh_token")
        $0.string(refresh.token)
      }
    }
  }

  /// An access token as it is given out.
  struct Access {
    let token: String
    /// For how long it is good.
    let seconds: Int64
  }

  /// The access token of a session. With `terms` it is the one that was given before.
  static func access(
    _ exchange: Exchange, _ principal: Principal, session: String, _ terms: RefreshedSession.AccessTerms? = nil
  ) throws(GatewayError) -> Access {
    let services = exchange.services
    let now = services.clock.seconds
    // By PostgreSQL's clock, unless that is so far ahead that the token would be refused.
    let given = terms.map { $0.issuedAt.milliseconds / 1_000 }
    let issued = given.flatMap { $0 <= now + TokenClaims.leeway / 2 ? $0 : nil } ?? now
    let lifetime = services.tokens.lifetimeSeconds
    do throws(TokenFault) {
      return Access(
        token: try services.tokens.issue(
          for: principal, session: session, jti: terms?.tokenID ?? services.ids.next().rawValue, now: issued),
        seconds: min(lifetime, issued + lifetime - now))
    } catch { throw GatewayError(error) }
  }
}

extension JSONWriter {
  /// `access_token`, `token_type` and `expires_in`.
  mutating func members(of access: AuthRoutes.Access) {
    key("access_token")
    string(access.token)
    key("token_type")
    string("Bearer")
    key("expires_in")
    number(access.seconds)
  }
}
