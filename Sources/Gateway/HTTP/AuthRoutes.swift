import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Signing in and out, and the keys.
enum AuthRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/auth/token", token)
    routes.on(.post, "/v1/auth/refresh", refresh)
    routes.on(.post, "/v1/auth/logout", logout)
    routes.on(.get, "/.well-known/jwks.json") { exchange in
      guard exchange.services.tokens.isReady else { throw GatewayError(.noKeys) }
      return .json(.ok, exchange.services.tokens.jwks, [.cacheControl: "public, max-age=60"])
    }
  }

  private static func token(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["username", "password"])
    let name = try arguments.required("username")
    let password = try arguments.required("password")
    let limiter = exchange.services.limiter
    let address = exchange.context.remoteAddress
    let now = exchange.services.clock.milliseconds()
    if let seconds = limiter.wait(name: name, address: address, now: now) {
      throw GatewayError(.tooManyRequests, "too many failed attempts; wait", retryAfter: seconds)
    }
    do throws(UserStoreError) {
      let user = try await exchange.services.stores.accounts.authenticate(username: name, password: password)
      let refresh = try await exchange.services.stores.accounts.issueRefreshToken(userID: user.id)
      return try answer(exchange, user, refresh)
    } catch {
      if error.code == .invalidCredentials || error.code == .disabled {
        limiter.failed(name: name, address: address, now: now)
      }
      throw error
    }
  }

  private static func refresh(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["refresh_token"])
    let session = try await exchange.services.stores.accounts.refresh(try arguments.required("refresh_token"))
    return try answer(exchange, session.user, session.refreshToken)
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

  private static func answer(
    _ exchange: Exchange, _ user: User, _ refresh: RefreshToken
  ) throws(UserStoreError) -> Response {
    let services = exchange.services
    let token: String
    do {
      token = try services.tokens.issue(
        for: user.principal, session: refresh.sessionID, jti: services.ids.next().rawValue,
        now: services.clock.seconds)
    } catch { throw UserStoreError(.unavailable, "the signing keys are not loaded yet; try again") }
    return .json {
      $0.object {
        $0.key("access_token")
        $0.string(token)
        $0.key("refresh_token")
        $0.string(refresh.token)
        $0.key("token_type")
        $0.string("Bearer")
        $0.key("expires_in")
        $0.number(services.tokens.lifetimeSeconds)
      }
    }
  }
}
