public import ServiceQueue

/// A question for a page of the history.
public struct HistoryQuery: Sendable {
  /// By which moment of a service the history runs.
  public enum Order: String, Sendable, CaseIterable {
    /// When it was submitted, which never changes.
    case submitted
    /// When it ended; services that are open are left out.
    case ended
  }

  /// How many services a page may have.
  public static let limits = 1...1_000

  /// The moment that the page is in order of, and that `from` and `to` are about.
  public var order = Order.submitted
  /// Only this service.
  public var service: ServiceID?
  /// Only services last seen in these queues; nil for all. A caller who is limited to some queues passes those.
  public var queues: Set<QueueName>?
  /// Only services of this kind.
  public var kind: String?
  /// Only services that this submitter brought in: a user's id, or `amqp`.
  public var submitter: String?
  /// Only services last assigned to the employee with this user id or user name.
  public var employee: String?
  /// Only services in this state.
  public var state: ServiceState?
  /// Only services of this moment or later.
  public var from: Timestamp?
  /// Only services before this moment.
  public var to: Timestamp?
  /// Begin after this place; nil for the newest.
  public var after: HistoryCursor?
  /// At most so many: 1 to 1,000.
  public var limit: Int
  /// False leaves the sealed personal data where it is.
  public var isPersonal = true

  /// All of the history, newest first, `limit` at a time.
  public init(limit: Int) { self.limit = limit }
}

/// A place between two entries of the history, which run from the newest to the oldest.
public struct HistoryCursor: Hashable, Sendable {
  let order: HistoryQuery.Order
  let moment: Timestamp
  let id: ServiceID

  init(order: HistoryQuery.Order = .submitted, moment: Timestamp, id: ServiceID) {
    self.order = order
    self.moment = moment
    self.id = id
  }

  /// Behind an entry; nil when it has no such moment.
  init?(after entry: HistoryEntry, in order: HistoryQuery.Order) {
    let service = entry.service
    guard let moment = order == .submitted ? service.submittedAt : service.endedAt else { return nil }
    self.init(order: order, moment: moment, id: service.id)
  }

  /// Nil when `text` was not made by `text`.
  public init?(text: String) {
    let order: HistoryQuery.Order = text.hasPrefix("e") ? .ended : .submitted
    let rest = order == .ended ? text.dropFirst() : text[...]
    guard let dot = rest.firstIndex(of: "."), let milliseconds = Int64(rest[..<dot]),
      let id = ServiceID(String(rest[rest.index(after: dot)...]))
    else { return nil }
    self.init(order: order, moment: Timestamp(milliseconds: milliseconds), id: id)
  }

  /// As clients hold it; opaque to them.
  public var text: String { "\(order == .ended ? "e" : "")\(moment.milliseconds).\(id)" }
}

/// A page of the history.
public struct HistoryPage: Sendable {
  /// Newest first.
  public let entries: [HistoryEntry]
  /// Where the next page begins; nil when this was the last.
  public let next: HistoryCursor?
}

/// A service as the history knows it.
public struct HistoryEntry: Hashable, Sendable {
  /// As of its last recorded change. `fence` is not kept, so it is nil; `personal` is sealed, for the vault to open.
  public let service: Service
  /// The queue's lifetime in which it last changed.
  public let epoch: Epoch
  /// The queue's version then.
  public let queueVersion: QueueVersion
  /// When it last changed, by Redis' clock.
  public let updatedAt: Timestamp
  /// The user name of who ended it, `amqp`, or `system` for the Broker itself; nil while it is open.
  public let endedBy: String?
  /// How long it waited, in milliseconds: from when it was in line to its last claim, or to its end when nobody had claimed
  /// it. Nil while it waits.
  public let waitedMilliseconds: Int64?
  /// How long it was handled, in milliseconds: from when handling began, in the last claim, to its end, holds included. Nil
  /// when that has not begun or not ended.
  public let servedMilliseconds: Int64?

  /// The door that it came in by.
  public var source: Source { service.submitter == Source.intake.rawValue ? .intake : .api }

  /// Where services come from.
  public enum Source: String, Sendable, CaseIterable {
    /// RabbitMQ.
    case intake = "amqp"
    /// REST or WebSocket.
    case api
  }
}

/// The statement for a query: text from fixed parts, values only as parameters. Pure.
enum HistorySQL {
  /// What is written, in the order of `HistoryBatch`.
  static let stored = """
    id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts, submitter, assignee_id, \
    assignee_name, order_ticks, submitted_at, claimed_at, started_at, ended_at, personal_key, personal, updated_at, \
    scheduled_for, requires, held_at, hold_until, ended_by
    """
  /// What is read, in the order of `HistoryEntry`.
  static let columns = stored + ", waited_ms, served_ms"
  static let withoutPersonal = columns.replacing("personal_key, personal,", with: "NULL::bytea, NULL::bytea,")

  /// Its shapes are those of the filters that are given, each prepared under its own name. It asks for one row more than the
  /// limit.
  static func page(_ query: HistoryQuery) -> SQLCall {
    let moment = query.order == .submitted ? "submitted_at" : "ended_at"
    var name = "history.page.\(query.order.rawValue)" + (query.isPersonal ? "" : ".plain")
    var conditions: [String] = []
    var parameters: [SQLParameter] = []
    if query.order == .ended { conditions.append("ended_at IS NOT NULL") }
    func add(_ letter: String, _ values: SQLParameter..., condition: ([String]) -> String) {
      name += letter
      let places = values.indices.map { "$\(parameters.count + $0 + 1)" }
      parameters += values
      conditions.append(condition(places))
    }
    if let service = query.service { add(".i", .text(service.rawValue)) { "id = \($0[0])" } }
    if let queues = query.queues {
      add(".q", .texts(queues.map(\.rawValue).sorted())) { "queue = ANY(\($0[0]))" }
    }
    if let kind = query.kind { add(".k", .text(kind)) { "kind = \($0[0])" } }
    if let submitter = query.submitter { add(".u", .text(submitter)) { "submitter = \($0[0])" } }
    if let employee = query.employee {
      add(".e", .text(employee)) { "(assignee_id = \($0[0]) OR assignee_name = \($0[0]))" }
    }
    if let state = query.state { add(".s", .text(state.rawValue)) { "state = \($0[0])" } }
    if let from = query.from { add(".f", .timestamp(from)) { "\(moment) >= \($0[0])" } }
    if let to = query.to { add(".t", .timestamp(to)) { "\(moment) < \($0[0])" } }
    if let after = query.after {
      add(".a", .timestamp(after.moment), .text(after.id.rawValue)) { "(\(moment), id) < (\($0[0]), \($0[1]))" }
    }
    let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
    parameters.append(.int(Int64(query.limit) + 1))
    let text = """
      SELECT \(query.isPersonal ? columns : withoutPersonal) FROM service_history \(filter)
      ORDER BY \(moment) DESC, id DESC LIMIT $\(parameters.count)
      """
    return SQLCall(statement: SQLStatement(name, text), parameters: parameters)
  }
}
