import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// What became of services, from the history.
enum HistoryRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/history", history)
    routes.on(.get, "/v1/services/:id/history", life)
  }

  private static func history(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.readHistory, level: principal.level) else { throw GatewayError.forbidden }
    var filter = try HistoryFilter(exchange, for: principal)
    if exchange.request.prefersCSV {
      return try await HistoryExport(exchange: exchange, principal: principal, filter: filter).response()
    }
    _ = try exchange.flag("personal")
    filter.query.limit = Int(try exchange.query("limit", in: 1...500) ?? 100)
    return try await page(filter, exchange, principal)
  }

  private static func page(_ filter: HistoryFilter, _ exchange: Exchange, _ principal: Principal) async throws
    -> Response
  {
    let page = try await exchange.services.stores.history.history(filter.query)
    let opened = page.entries.map { exchange.desk.opened($0.service, for: .staff) }
    let people = opened.count { $0 != nil }
    if people > 1 {
      // One's data is looked at all day; more than one at a time is reading in bulk, and remembered before it is shown.
      let entry = exchange.auditEntry("history.read", by: principal, detail: filter.detail(count: people))
      try await exchange.services.stores.audit.record(entry)
    }
    return .json { json in
      json.object {
        $0.key("entries")
        $0.array { list in
          for (entry, personal) in zip(page.entries, opened) { list.entry(entry, personal: personal) }
        }
        $0.key("next_cursor")
        $0.optional(page.next?.text)
      }
    }
  }

  private static func life(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.readHistory, level: principal.level) else { throw GatewayError.forbidden }
    let limit = Int(try exchange.query("limit", in: 1...Int64(UserStoreActor.lifeLimits.upperBound)) ?? 500)
    let skipped = Int(try exchange.query("cursor", in: 0...1_000_000_000) ?? 0)
    let id = try exchange.serviceID()
    let life = try await exchange.services.stores.history.life(of: id, skipping: skipped, limit: limit)
    guard principal.queues?.contains(life.entry.service.queue) ?? true else { throw GatewayError.notFound }
    return .json { json in
      json.object {
        $0.key("entry")
        $0.entry(life.entry, personal: nil)
        $0.key("events")
        $0.array { list in for event in life.events { list.event(event) } }
        $0.key("next_cursor")
        $0.optional(life.next.map(String.init))
      }
    }
  }
}

extension JSONWriter {
  /// `{service, epoch, queue_version, updated_at, source, ended_by?, waited_ms?, served_ms?}`.
  fileprivate mutating func entry(_ entry: HistoryEntry, personal: PersonalData?) {
    object {
      $0.key("service")
      $0.service(entry.service, as: .staff, personal: personal)
      $0.key("epoch")
      $0.string(entry.epoch.rawValue)
      $0.key("queue_version")
      $0.number(entry.queueVersion)
      $0.key("updated_at")
      $0.string(entry.updatedAt.description)
      $0.key("source")
      $0.string(entry.source.rawValue)
      if let endedBy = entry.endedBy {
        $0.key("ended_by")
        $0.string(endedBy)
      }
      if let waited = entry.waitedMilliseconds {
        $0.key("waited_ms")
        $0.number(waited)
      }
      if let served = entry.servedMilliseconds {
        $0.key("served_ms")
        $0.number(served)
      }
    }
  }

  fileprivate mutating func event(_ event: ServiceEvent) {
    object {
      $0.key("type")
      $0.string(event.type)
      $0.key("at")
      $0.string(event.at.description)
      $0.key("actor")
      $0.string(event.actor)
      $0.key("state")
      $0.string(event.state)
      $0.key("queue")
      $0.string(event.queue)
      $0.key("epoch")
      $0.string(event.epoch)
      $0.key("version")
      $0.number(event.version)
    }
  }
}
