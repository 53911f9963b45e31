import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Messages that could not be taken in, for administrators of all queues: a letter may be of any, or of none. Lists have no bodies;
/// reading one is an entry of the audit, as is every change, written before it happens.
enum DeadLetterRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/dead-letters", list)
    routes.on(.get, "/v1/dead-letters/:id", show)
    routes.on(.delete, "/v1/dead-letters/:id", purgeOne)
    routes.on(.post, "/v1/dead-letters/:id/requeue", idempotent: .stored, requeueOne)
    routes.on(.post, "/v1/dead-letters/requeue", idempotent: .stored) { try await change($0, .requeue) }
    routes.on(.post, "/v1/dead-letters/purge", idempotent: .stored) { try await change($0, .purge) }
  }

  // MARK: - Reading

  private static func list(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.administrator()
    let limit = try exchange.query("limit", in: 1...Int64(DeadLetterLimits.list)) ?? 100
    var filter = DeadLetterFilter()
    filter.reason = try exchange.query("reason").map(reason)
    filter.queue = try exchange.query("queue").map(Arguments.queue)
    let page = try await exchange.services.stores.deadLetters.list(filter, limit: Int(limit))
    return .json { $0.deadLetters(page) }
  }

  private static func show(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let id = try id(exchange)
    let content = try await exchange.services.stores.deadLetters.show(id)
    try await exchange.services.stores.audit.record(
      exchange.auditEntry("dead_letter.read", by: administrator, object: id.rawValue))
    return .json { $0.deadLetter(content) }
  }

  // MARK: - One

  private static func purgeOne(_ exchange: Exchange) async throws -> Response {
    let outcome = try await one(exchange, .purge)
    guard outcome.done > 0 else { throw noLetter }
    return Response(status: .noContent)
  }

  private static func requeueOne(_ exchange: Exchange) async throws -> Response {
    _ = try await exchange.arguments([])
    let outcome = try await one(exchange, .requeue)
    guard outcome.unroutable == 0 || outcome.done > 0 else {
      throw GatewayError(
        .badTarget, "no queue takes this message any more, or where it came from is not known; it stays")
    }
    guard outcome.done > 0 else { throw noLetter }
    return .json { $0.deadLetters(outcome, verb: Act.requeue.participle) }
  }

  private static func one(_ exchange: Exchange, _ act: Act) async throws -> DeadLetterOutcome {
    let administrator = try exchange.administrator()
    let id = try id(exchange)
    try await exchange.services.stores.audit.record(
      exchange.auditEntry(act.action, by: administrator, object: id.rawValue))
    return try await perform(act, DeadLetterFilter(ids: [id]), exchange)
  }

  // MARK: - Several

  private static func change(_ exchange: Exchange, _ act: Act) async throws -> Response {
    let administrator = try exchange.administrator()
    let filter = try filter(try await exchange.arguments(["ids", "reason", "queue", "all"]))
    try await exchange.services.stores.audit.record(
      exchange.auditEntry(act.action, by: administrator, detail: detail(filter)))
    let outcome = try await perform(act, filter, exchange)
    return .json { $0.deadLetters(outcome, verb: act.participle) }
  }

  /// Everything is meant only by whoever says so.
  private static func filter(_ arguments: Arguments) throws(GatewayError) -> DeadLetterFilter {
    var filter = DeadLetterFilter()
    if let texts = try arguments.strings("ids") {
      guard (1...DeadLetterLimits.ids).contains(texts.count) else {
        throw GatewayError(.invalidArgument, "\"ids\" has 1 to \(DeadLetterLimits.ids) ids")
      }
      var ids: Set<DeadLetterID> = []
      for text in texts {
        guard let id = DeadLetterID(text) else {
          throw GatewayError(.invalidArgument, "\"ids\" has ids of dead letters (UUIDs)")
        }
        ids.insert(id)
      }
      filter.ids = ids
    }
    filter.reason = try arguments.string("reason").map(reason)
    filter.queue = try arguments.string("queue").map(Arguments.queue)
    let all = try arguments.bool("all") ?? false
    guard all != (filter != DeadLetterFilter()) else {
      throw GatewayError(.invalidArgument, "say which: \"ids\", \"reason\" or \"queue\", or else \"all\": true")
    }
    return filter
  }

  /// What the audit has of a choice: how many ids, not which; a reason is one of few words.
  private static func detail(_ filter: DeadLetterFilter) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      if let ids = filter.ids {
        $0.key("ids")
        $0.number(ids.count)
      }
      if let reason = filter.reason {
        $0.key("reason")
        $0.string(reason)
      }
      if let queue = filter.queue {
        $0.key("queue")
        $0.string(queue.rawValue)
      }
      if filter == DeadLetterFilter() {
        $0.key("all")
        $0.bool(true)
      }
    }
    return json.bytes
  }

  // MARK: - Parts

  private enum Act {
    case requeue
    case purge

    var action: String { self == .requeue ? "dead_letter.requeue" : "dead_letter.purge" }
    var participle: StaticString { self == .requeue ? "requeued" : "purged" }
  }

  private static func perform(
    _ act: Act, _ filter: DeadLetterFilter, _ exchange: Exchange
  ) async throws -> DeadLetterOutcome {
    let letters = exchange.services.stores.deadLetters
    return switch act {
    case .requeue: try await letters.requeue(filter)
    case .purge: try await letters.purge(filter)
    }
  }

  private static let noLetter = GatewayError(
    .notFound, "there is no such dead letter, or not among the \(DeadLetterLimits.scan) that were looked at")

  private static func id(_ exchange: Exchange) throws(GatewayError) -> DeadLetterID {
    guard let id = exchange.context.parameters.get("id").flatMap({ DeadLetterID($0) }) else { throw noLetter }
    return id
  }

  private static func reason(_ text: String) throws(GatewayError) -> String {
    guard DeadLetterFilter.isReason(text) else {
      throw GatewayError(.invalidArgument, "a reason is 1 to 64 of a-z, 0-9, _ and -, such as malformed_json")
    }
    return text
  }
}
