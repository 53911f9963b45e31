import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// The console's session: as `AuthRoutes`, but the refresh token is in a cookie that no script reads. Only pages of this server may
/// ask, since the browser adds the cookie by itself.
enum BrowserSessionRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/session", begin)
    routes.on(.post, "/v1/session/refresh", refresh)
    routes.on(.delete, "/v1/session", end)
  }

  /// Under which a refresh may be repeated. It can be the same for all: what is repeated is the answer to one token, and
  /// whoever has the cookie has that.
  private static let repeatKey = IdempotencyKey("browser-session")

  private static func begin(_ exchange: Exchange) async throws -> Response {
    try requireOwnPage(exchange)
    return try await AuthRoutes.signIn(exchange) { exchange, user in
      let token = try await exchange.services.stores.accounts.issueRefreshToken(
        userID: user.id, from: exchange.loginOrigin)
      // Whose cookie this one replaces can go on nowhere, and must not on a shared computer.
      if case .token(let replaced) = found(exchange) { try await AuthRoutes.end(replaced, exchange) }
      return try answer(exchange, user, token)
    }
  }

  private static func refresh(_ exchange: Exchange) async throws -> Response {
    try requireOwnPage(exchange)
    _ = try exchange.idempotencyKey()
    guard exchange.services.tokens.canSign else { throw GatewayError(.noKeys) }
    let token: String
    switch found(exchange) {
    case .none: throw GatewayError(.unauthorized, "there is no session here: sign in")
    case .unusable: return over(exchange, GatewayError(.tokenInvalid, "this cookie is no session's: sign in"))
    case .token(let text): token = text
    }
    let session: RefreshedSession
    do throws(UserStoreError) {
      session = try await exchange.services.stores.accounts.refresh(token, idempotencyKey: repeatKey)
    } catch {
      switch error.code {
      case .tokenInvalid, .tokenReuse:
        return over(exchange, GatewayError(.tokenInvalid, "this session is over: sign in again"))
      case .disabled: return over(exchange, GatewayError(error))
      default: throw error
      }
    }
    return try answer(exchange, session.user, session.refreshToken, session.accessTerms)
  }

  /// Also where the session is over already, or there is none: whoever signs out has no session afterwards.
  private static func end(_ exchange: Exchange) async throws -> Response {
    try requireOwnPage(exchange)
    if case .token(let token) = found(exchange) { try await AuthRoutes.end(token, exchange) }
    return Response(
      status: .noContent, headers: [.setCookie: cookie(exchange).clearing, .cacheControl: "no-store"])
  }

  private static func requireOwnPage(_ exchange: Exchange) throws(GatewayError) {
    let headers = exchange.request.headers
    let isOwn = OwnPage.asks(
      fetchSites: HTTPField.Name("Sec-Fetch-Site").map { headers[values: $0] } ?? [],
      origins: headers[values: .origin], host: exchange.request.head.authority)
    guard isOwn else {
      throw GatewayError(
        .forbidden, "this is for pages of this server; other clients sign in at /v1/auth/token")
    }
  }

  private static func cookie(_ exchange: Exchange) -> SessionCookie {
    SessionCookie(isSecure: exchange.services.configuration.sessionCookieIsSecure)
  }

  private static func found(_ exchange: Exchange) -> SessionCookie.Found {
    cookie(exchange).found(in: exchange.request.headers[values: .cookie])
  }

  /// `{access_token, token_type, expires_in}`, and the refresh token in its cookie.
  private static func answer(
    _ exchange: Exchange, _ user: User, _ refresh: RefreshToken, _ terms: RefreshedSession.AccessTerms? = nil
  ) throws(GatewayError) -> Response {
    let access = try AuthRoutes.access(exchange, user.principal, session: refresh.sessionID, terms)
    let seconds = refresh.expiresAt.milliseconds / 1_000 - exchange.services.clock.seconds
    return .json(headers: [.setCookie: cookie(exchange).setting(refresh.token, seconds: seconds)]) {
      $0.object { $0.members(of: access) }
    }
  }

  /// The problem, and the cookie taken away.
  private static func over(_ exchange: Exchange, _ error: GatewayError) -> Response {
    var response = Problem.response(error, requestID: exchange.context.id)
    response.headers[.setCookie] = cookie(exchange).clearing
    return response
  }
}
