import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Links of displays: supervisors make, list and revoke them, whoever has the secret gets access tokens by it.
enum BoardLinkRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/queues/:queue/board-links", list)
    routes.on(.post, "/v1/queues/:queue/board-links", idempotent: .stored, create)
    routes.on(.delete, "/v1/queues/:queue/board-links/:id", revoke)
    routes.on(.post, "/v1/auth/board", enter)
  }

  /// Who asks, and the queue that the path names, which they may control.
  private static func supervised(
    _ exchange: Exchange
  ) throws(GatewayError) -> (principal: Principal, queue: QueueName) {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    guard AccessPolicy.allows(.control, by: principal, in: queue) else { throw .forbidden }
    return (principal, queue)
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let queue = try supervised(exchange).queue
    _ = try await exchange.desk.broker.queue(queue)
    let links = try await exchange.services.stores.links.boardLinks(of: queue)
    return .json {
      $0.object {
        $0.key("links")
        $0.array { list in for link in links { list.object { $0.members(of: link) } } }
      }
    }
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let (principal, queue) = try supervised(exchange)
    let label = try await exchange.arguments(["label"]).string("label")
    _ = try await exchange.desk.broker.queue(queue)
    let new = NewBoardLink(
      id: exchange.services.ids.next().rawValue, queue: queue, label: label, creatorID: principal.id)
    let (link, secret) = try await exchange.services.stores.links.createBoardLink(
      new, audit: exchange.auditEntry("board_link.create", by: principal, detail: detail(queue)))
    return .json(.created) {
      $0.object {
        $0.members(of: link)
        // Behind the `#`, where no browser sends it and no log has it.
        $0.key("path")
        $0.string("/board/\(queue)#\(secret)")
      }
    }
  }

  private static func revoke(_ exchange: Exchange) async throws -> Response {
    let (principal, queue) = try supervised(exchange)
    guard let id = exchange.context.parameters.get("id").flatMap({ ServiceID($0) }) else {
      throw GatewayError(.notFound, "there is no such link")
    }
    let ended = try await exchange.services.stores.links.revokeBoardLink(
      id: id.rawValue, of: queue,
      audit: exchange.auditEntry("board_link.revoke", by: principal, detail: detail(queue)))
    // Here at once; other nodes see it at their next look.
    await exchange.services.end([ended])
    return Response(status: .noContent)
  }

  /// An access token for a display. There is nothing to refresh: the link itself is asked again.
  private static func enter(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.idempotencyKey()
    let secret = try await exchange.arguments(["link"]).required("link")
    let services = exchange.services
    let (links, origin) = (services.stores.links, exchange.loginOrigin)
    let link = try await services.limiter.checking(name: nil, place: exchange.place) {
      () async throws(UserStoreError) in try await links.useBoardLink(secret, from: origin)
    }
    let access = try AuthRoutes.access(exchange, .board(link), session: link.id)
    return .json { $0.object { $0.members(of: access) } }
  }

  private static func detail(_ queue: QueueName) -> [UInt8] { Array(#"{"queue":"\#(queue)"}"#.utf8) }
}

extension JSONWriter {
  /// `id, queue, label, created_by: {id, name}, created_at, last_used_at`.
  fileprivate mutating func members(of link: BoardLink) {
    key("id")
    string(link.id)
    key("queue")
    string(link.queue.rawValue)
    key("label")
    optional(link.label)
    key("created_by")
    object {
      $0.key("id")
      $0.string(link.creator.id)
      $0.key("name")
      $0.string(link.creator.name)
    }
    key("created_at")
    string(link.createdAt.description)
    key("last_used_at")
    optional(link.lastUsedAt?.description)
  }
}
