import HTTPTypes
import Hummingbird
import NIOCore
import ServiceQueue
import UserStore

/// What administrators did and what was read in bulk: for administrators, as pages of JSON or as one CSV.
enum AuditRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/audit", read)
  }

  /// Entries of one page of a CSV: what is in memory at a time.
  private static let exportPage = 500

  private static func read(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let query = try query(exchange)
    let store = exchange.services.stores.audit
    guard exchange.request.prefersCSV else { return json(try await store.auditPage(query)) }
    guard exchange.query("limit") == nil, exchange.query("cursor") == nil else {
      throw GatewayError(.invalidArgument, "a CSV has all that matches the filters: limit and cursor are for JSON")
    }
    try await store.record(exchange.auditEntry("audit.export", by: administrator))
    var first = query
    first.limit = exportPage
    return csv(try await store.auditPage(first), of: first, from: store)
  }

  private static func query(_ exchange: Exchange) throws(GatewayError) -> AuditQuery {
    var query = AuditQuery(limit: Int(try exchange.query("limit", in: 1...500) ?? 100))
    if let text = exchange.query("action") {
      guard let action = AuditAction(text) else {
        throw GatewayError(.invalidArgument, "action is one such as user.create, or all of a kind such as user.*")
      }
      query.action = action
    }
    query.actor = try word("actor", exchange)
    query.object = try word("object", exchange)
    query.from = try exchange.moment("from")
    query.to = try exchange.moment("to")
    if let text = exchange.query("cursor") {
      guard let before = Int64(text), before > 0 else {
        throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
      }
      query.before = before
    }
    return query
  }

  /// 1 to 256 bytes without control characters, which no id and no name has.
  private static func word(_ name: String, _ exchange: Exchange) throws(GatewayError) -> String? {
    guard let text = exchange.query(name) else { return nil }
    guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 }) else {
      throw GatewayError(.invalidArgument, "\(name) has 1 to 256 bytes and no control characters")
    }
    return text
  }

  private static func json(_ page: AuditPage) -> Response {
    .json {
      $0.object {
        $0.key("entries")
        $0.array { list in for entry in page.entries { list.entry(entry) } }
        $0.key("next_cursor")
        $0.optional(page.next.map(String.init))
      }
    }
  }

  /// Page after page, each read when the one before is on its way. Where that fails the connection ends without the end of the
  /// body, so that nobody takes a part for the whole.
  private static func csv(_ first: AuditPage, of query: AuditQuery, from store: any AuditStore) -> Response {
    .csv(named: "audit.csv") { writer in
      var page = first
      var text = CSVWriter(capacity: 256 * exportPage)
      text.line(["id", "at", "action", "actor_id", "actor", "object", "detail", "address", "request_id", "hash"])
      while true {
        for entry in page.entries { text.line(entry.cells) }
        try await writer.write(ByteBuffer(bytes: text.bytes))
        guard let next = page.next else { break }
        var query = query
        query.before = next
        page = try await store.auditPage(query)
        text = CSVWriter(capacity: 256 * exportPage)
      }
      try await writer.finish(nil)
    }
  }
}

extension CSVWriter {
  fileprivate mutating func line(_ fields: [String?]) {
    for text in fields { field(text) }
    endLine()
  }
}

extension RecordedEntry {
  fileprivate var cells: [String?] {
    [
      String(id), at.description, action, actorID, actorName, object, detail, address, requestID, hashText,
    ]
  }
}

extension JSONWriter {
  /// `{id, at, action, actor: {id, name} | null, object, detail, address, request_id, hash}`; `name` is `erased-...` once it is erased.
  fileprivate mutating func entry(_ entry: RecordedEntry) {
    object {
      $0.key("id")
      $0.number(entry.id)
      $0.key("at")
      $0.string(entry.at.description)
      $0.key("action")
      $0.string(entry.action)
      $0.key("actor")
      if let id = entry.actorID {
        $0.object {
          $0.key("id")
          $0.string(id)
          $0.key("name")
          $0.optional(entry.actorName)
        }
      } else {
        $0.null()
      }
      $0.key("object")
      $0.optional(entry.object)
      $0.key("detail")
      // PostgreSQL has checked that it is an object.
      if let detail = entry.detail { $0.raw(detail.utf8) } else { $0.null() }
      $0.key("address")
      $0.optional(entry.address)
      $0.key("request_id")
      $0.optional(entry.requestID)
      $0.key("hash")
      $0.string(entry.hashText)
    }
  }
}
