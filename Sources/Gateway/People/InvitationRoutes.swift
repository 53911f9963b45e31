import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Invitations: administrators make them, whoever has one chooses a password with it.
enum InvitationRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/users/invitations", idempotent: .stored, invite)
    routes.on(.post, "/v1/users/:id/invitation", idempotent: .stored, inviteAnew)
    routes.on(.post, "/v1/auth/invitations/accept", accept)
  }

  private static func invite(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let arguments = try await exchange.arguments(UserRoutes.properties.union(["username", "expires_in"]))
    let invitation = try await exchange.services.stores.people.inviteUser(
      try arguments.newUser(password: nil), lifetime: try lifetime(arguments),
      audit: exchange.auditEntry("user.invite", by: administrator))
    return response(invitation, [.location: "/v1/users/\(invitation.user.id)"])
  }

  private static func inviteAnew(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let id = try UserRoutes.id(exchange)
    let arguments = try await exchange.arguments(["expires_in"])
    let invitation = try await exchange.services.stores.people.invite(
      userID: id, lifetime: try lifetime(arguments), audit: exchange.auditEntry("user.invite", by: administrator))
    return response(invitation)
  }

  private static func accept(_ exchange: Exchange) async throws -> Response {
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["token", "password"])
    let (token, password) = (try arguments.required("token"), try arguments.required("password"))
    guard let key else { return try await accept(exchange, token, password: password) }
    // Whoever has the invitation's token is the one who was invited.
    return try await IdempotentRoute.answer(
      exchange, key: key, scope: "\(token) invitation", body: Array(password.utf8)
    ) {
      try await accept(exchange, token, password: password)
    }
  }

  private static func accept(_ exchange: Exchange, _ token: String, password: String) async throws -> Response {
    let user = try await exchange.services.stores.people.acceptInvitation(token, password: password) {
      exchange.auditEntry("invitation.accept", by: $0.principal)
    }
    // It may have had another password, and sessions by it.
    await exchange.services.apply([user])
    return try await AuthRoutes.session(exchange, of: user)
  }

  private static func lifetime(_ arguments: Arguments) throws(GatewayError) -> Duration {
    let range = Invitation.lifetimeRange
    let seconds = try arguments.integer(
      "expires_in", in: range.lowerBound.components.seconds...range.upperBound.components.seconds)
    return seconds.map { .seconds($0) } ?? Invitation.standardLifetime
  }

  /// The user with `invitation_token`, which is not shown again, and `invitation_expires_at`.
  private static func response(_ invitation: Invitation, _ headers: HTTPFields = [:]) -> Response {
    var fields = headers
    fields[.eTag] = "\"\(invitation.user.version)\""
    return .json(.created, headers: fields) {
      $0.object {
        $0.members(of: invitation.user)
        $0.key("invitation_token")
        $0.string(invitation.token)
        $0.key("invitation_expires_at")
        $0.string(invitation.expiresAt.description)
      }
    }
  }
}
