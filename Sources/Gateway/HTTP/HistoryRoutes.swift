import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// What became of services, from the history.
enum HistoryRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/history", page)
  }

  private static func page(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.readHistory, level: principal.level) else { throw GatewayError.forbidden }
    var query = HistoryQuery(limit: Int(try exchange.query("limit", in: 1...500) ?? 100))
    query.queues = principal.queues
    if let text = exchange.query("queue") {
      let queue = try Arguments.queue(text)
      guard principal.queues?.contains(queue) ?? true else { throw GatewayError.forbidden }
      query.queues = [queue]
    }
    query.employee = exchange.query("employee")
    if let word = exchange.query("state") {
      guard let state = ServiceState(rawValue: word) else {
        throw GatewayError(
          .invalidArgument, "state is one of \(ServiceState.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      query.state = state
    }
    query.from = try moment("from", exchange)
    query.to = try moment("to", exchange)
    if let text = exchange.query("cursor") {
      guard let cursor = HistoryCursor(text: text) else {
        throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
      }
      query.after = cursor
    }
    let page = try await exchange.services.stores.history.history(query)
    return .json { json in
      json.object {
        $0.key("entries")
        $0.array { list in for entry in page.entries { write(entry, exchange.desk, to: &list) } }
        $0.key("next_cursor")
        if let next = page.next { $0.string(next.text) } else { $0.null() }
      }
    }
  }

  private static func write(_ entry: HistoryEntry, _ desk: CommandDesk, to json: inout JSONWriter) {
    json.object {
      $0.key("service")
      $0.service(entry.service, as: .staff, personal: desk.opened(entry.service, for: .staff))
      $0.key("epoch")
      $0.string(entry.epoch.rawValue)
      $0.key("queue_version")
      $0.number(entry.queueVersion)
      $0.key("updated_at")
      $0.string(entry.updatedAt.description)
    }
  }

  private static func moment(_ name: String, _ exchange: Exchange) throws(GatewayError) -> Timestamp? {
    guard let text = exchange.query(name) else { return nil }
    guard let moment = Timestamp(rfc3339: text) else {
      throw GatewayError(.invalidArgument, "\(name) must be a time such as 2026-11-24T09:30:00Z (RFC 3339)")
    }
    return moment
  }
}
