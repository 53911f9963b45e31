import HTTPTypes
import Hummingbird
import NIOHTTP1

extension RouteTable {
  /// Every route of the public listener.
  static var gateway: RouteTable {
    var routes = RouteTable()
    AuthRoutes.add(to: &routes)
    BrowserSessionRoutes.add(to: &routes)
    OpenIDRoutes.add(to: &routes)
    KeyRoutes.add(to: &routes)
    KeyOverviewRoutes.add(to: &routes)
    UserRoutes.add(to: &routes)
    InvitationRoutes.add(to: &routes)
    SessionRoutes.add(to: &routes)
    OwnPasswordRoutes.add(to: &routes)
    QueueRoutes.add(to: &routes)
    BoardLinkRoutes.add(to: &routes)
    ServiceRoutes.add(to: &routes)
    TicketRoutes.add(to: &routes)
    HistoryRoutes.add(to: &routes)
    StatisticsRoutes.add(to: &routes)
    AuditRoutes.add(to: &routes)
    SubjectRoutes.add(to: &routes)
    DeadLetterRoutes.add(to: &routes)
    ConsoleRoutes.add(to: &routes)
    OpenAPIRoutes.add(to: &routes)
    // Here come only the requests that were not upgraded.
    routes.on(.get, UpgradePolicy.path) { exchange in
      let configuration = exchange.services.configuration
      let headers = exchange.request.headers
      let policy = UpgradePolicy(allowedOrigins: configuration.allowedOrigins)
      guard policy.allows(origins: headers[values: .origin], host: exchange.request.head.authority) else {
        throw GatewayError(.forbidden, "pages of this origin may not open a WebSocket here")
      }
      try exchange.services.connections.requireRoom()
      throw GatewayError(.upgradeRequired, "this is a WebSocket; make it a connection's first request")
    }
    return routes
  }
}
