import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// A user's logins: seen and ended, by oneself and by administrators.
enum SessionRoutes {
  static func add(to routes: inout RouteTable) {
    for path in ["/v1/users/me/sessions", "/v1/users/:id/sessions"] {
      routes.on(.get, path, list)
      routes.on(.delete, path, endAll)
      routes.on(.delete, "\(path)/:session", endOne)
    }
  }

  /// Whose sessions the path names, and who asks.
  private struct Owner {
    let id: String
    let token: AccessToken
    let isOneself: Bool

    init(_ exchange: Exchange) throws(GatewayError) {
      token = try exchange.userToken()
      isOneself = exchange.context.parameters.get("id") == nil
      if isOneself {
        id = token.principal.id
      } else {
        _ = try exchange.administrator()
        id = try UserRoutes.id(exchange)
      }
    }
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let owner = try Owner(exchange)
    let people = exchange.services.stores.people
    let sessions = try await people.sessions(of: owner.id)
    if !owner.isOneself {
      // Where somebody was is personal.
      let entry = exchange.auditEntry("session.read", by: owner.token.principal, object: owner.id)
      try await exchange.services.stores.audit.record(entry)
    }
    return .json {
      $0.object {
        $0.key("sessions")
        $0.array { list in
          for session in sessions { list.session(session, isCurrent: session.id == owner.token.session) }
        }
      }
    }
  }

  private static func endOne(_ exchange: Exchange) async throws -> Response {
    let owner = try Owner(exchange)
    let session = exchange.context.parameters.get("session") ?? ""
    let ended = try await exchange.services.stores.people.endSession(
      session, of: owner.id, audit: exchange.auditEntry("session.end", by: owner.token.principal))
    await exchange.services.end([ended])
    return Response(status: .noContent)
  }

  /// All; of oneself all others.
  private static func endAll(_ exchange: Exchange) async throws -> Response {
    let owner = try Owner(exchange)
    let ended = try await exchange.services.stores.people.endSessions(
      of: owner.id, keeping: owner.isOneself ? owner.token.session : nil,
      audit: exchange.auditEntry("session.end", by: owner.token.principal))
    await exchange.services.end(ended)
    return Response(status: .noContent)
  }
}

extension JSONWriter {
  /// `{id, created_at, last_used_at, expires_at, address, user_agent, current}`.
  fileprivate mutating func session(_ session: UserSession, isCurrent: Bool) {
    object {
      $0.key("id")
      $0.string(session.id)
      $0.key("created_at")
      $0.string(session.createdAt.description)
      $0.key("last_used_at")
      $0.string(session.lastUsedAt.description)
      $0.key("expires_at")
      $0.string(session.expiresAt.description)
      $0.key("address")
      $0.optional(session.address)
      $0.key("user_agent")
      $0.optional(session.userAgent)
      $0.key("current")
      $0.bool(isCurrent)
    }
  }
}
