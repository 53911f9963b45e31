import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Ticket links: employees and producers give them out, customers see by them how their service stands, and cancel it.
enum TicketRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.post, "/v1/services/:id/ticket-link", link)
    routes.on(.get, "/v1/tickets/:id", show)
    routes.on(.post, "/v1/tickets/:id/cancel", cancel)
  }

  /// Where the token comes in: no URL has it, so no log has it either.
  static let header = HTTPField.Name("Ticket-Token")

  private static func link(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let id = try exchange.serviceID()
    _ = try exchange.idempotencyKey()
    _ = try await exchange.arguments([])
    // Who may submit may tell the customer where the service is: agents and above, and a producer of its own.
    guard AccessPolicy.allows(.submit, level: principal.level) else { throw GatewayError.forbidden }
    _ = try await exchange.desk.visible(id, to: principal)
    let token = try token(for: id, exchange).text
    return .json {
      $0.object {
        $0.key("path")
        $0.string("/ticket/\(id)#\(token)")
        $0.key("token")
        $0.string(token)
      }
    }
  }

  private static func show(_ exchange: Exchange) async throws -> Response {
    let id = try await admitted(exchange)
    let desk = exchange.desk
    let position = try await desk.asking { () async throws(BrokerError) in try await desk.broker.position(of: id) }
    let bytes = json(position)
    return .json(.ok, bytes, [.eTag: "\"\(SHA1.hexadecimal(bytes).prefix(20))\""])
  }

  private static func cancel(_ exchange: Exchange) async throws -> Response {
    let id = try await admitted(exchange)
    let key = try exchange.idempotencyKey()
    _ = try await exchange.arguments([])
    let service = try await exchange.desk.cancel(id, key: key)
    return .json(.ok, json(QueuePosition(service: service, ahead: nil, statistics: nil)))
  }

  /// The service that the path names, for whoever shows its token. A wrong token answers as a service that is not there, and counts
  /// as a failed login. A good one is not throttled: whoever shares an address with one who guesses still sees their ticket.
  private static func admitted(_ exchange: Exchange) async throws -> ServiceID {
    let id = try exchange.serviceID()
    guard let presented = header.flatMap({ exchange.request.headers[$0] }) else { throw GatewayError.notFound }
    if try token(for: id, exchange).isSame(as: presented) { return id }
    let (links, origin) = (exchange.services.stores.links, exchange.loginOrigin)
    do {
      try await exchange.services.limiter.checking(name: nil, place: exchange.place) {
        () async throws(UserStoreError) -> Void in
        try await links.countFailure(from: origin)
        throw UserStoreError(.linkInvalid, "this link is not valid, or not any more")
      }
    } catch let error as UserStoreError {
      guard error.code == .linkInvalid else { throw error }
    }
    throw GatewayError.notFound
  }

  private static func token(for id: ServiceID, _ exchange: Exchange) throws(GatewayError) -> TicketToken {
    try TicketToken(for: id, site: exchange.services.configuration.site, by: exchange.desk.vault)
  }

  /// `{ticket, called, scheduled_for, ...}` and the members of a position: nothing personal.
  static func json(_ position: QueuePosition) -> [UInt8] {
    let service = position.service
    var json = JSONWriter()
    json.object {
      $0.key("ticket")
      $0.number(service.ticket)
      $0.key("called")
      $0.bool(service.state == .claimed || service.state == .serving)
      $0.key("scheduled_for")
      $0.optional(service.state == .scheduled ? service.scheduledFor?.description : nil)
      $0.members(of: position)
    }
    return json.bytes
  }
}
