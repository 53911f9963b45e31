import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// A user's own password.
enum OwnPasswordRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/users/me/password", idempotent: .stored, change)
  }

  /// Ends all other sessions; a wrong present password counts as a failed login.
  private static func change(_ exchange: Exchange) async throws -> Response {
    let token = try exchange.userToken()
    let arguments = try await exchange.arguments(["current_password", "new_password"])
    let (current, new) = (try arguments.required("current_password"), try arguments.required("new_password"))
    let (people, origin) = (exchange.services.stores.people, exchange.loginOrigin)
    let entry = exchange.auditEntry("user.password", by: token.principal)
    let (user, ended) = try await exchange.services.limiter.checking(name: token.principal.name, place: exchange.place)
    {
      () async throws(UserStoreError) in
      try await people.changePassword(
        userID: token.principal.id, from: current, to: new, keeping: token.session, origin: origin, audit: entry)
    }
    await exchange.services.apply([user])
    await exchange.services.end(ended)
    return Response(status: .noContent)
  }
}
