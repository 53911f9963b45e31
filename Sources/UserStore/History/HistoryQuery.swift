public import ServiceQueue

/// A question for a page of the history.
public struct HistoryQuery: Sendable {
  /// Only services last seen in these queues; nil for all. A caller who is limited to some queues passes those.
  public var queues: Set<QueueName>?
  /// Only services last assigned to the employee with this user id or user name.
  public var employee: String?
  /// Only services in this state.
  public var state: ServiceState?
  /// Only services submitted at or after this moment.
  public var from: Timestamp?
  /// Only services submitted before this moment.
  public var to: Timestamp?
  /// Begin after this place; nil for the newest.
  public var after: HistoryCursor?
  /// At most so many: 1 to 500.
  public var limit: Int

  /// All of the history, newest first, `limit` at a time.
  public init(limit: Int) { self.limit = limit }
}

/// A place between two entries of the history, which run from the newest submission to the oldest.
public struct HistoryCursor: Hashable, Sendable {
  let submittedAt: Timestamp
  let id: ServiceID

  init(submittedAt: Timestamp, id: ServiceID) {
    self.submittedAt = submittedAt
    self.id = id
  }

  /// Nil when `text` was not made by `text`.
  public init?(text: String) {
    guard let dot = text.firstIndex(of: "."), let milliseconds = Int64(text[..<dot]),
      let id = ServiceID(String(text[text.index(after: dot)...]))
    else { return nil }
    self.init(submittedAt: Timestamp(milliseconds: milliseconds), id: id)
  }

  /// As clients hold it; opaque to them.
  public var text: String { "\(submittedAt.milliseconds).\(id)" }
}

/// A page of the history.
public struct HistoryPage: Sendable {
  /// Newest submission first.
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
}

/// The statement for a query: text from fixed parts, values only as parameters. Pure.
enum HistorySQL {
  static let columns = """
    id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts, submitter, assignee_id, \
    assignee_name, order_ticks, submitted_at, claimed_at, started_at, ended_at, personal_key, personal, updated_at, \
    scheduled_for, requires, held_at, hold_until
    """

  /// There are 64 shapes of it at most, each prepared under its own name. It asks for one row more than the limit.
  static func page(_ query: HistoryQuery) -> SQLCall {
    var name = "history.page"
    var conditions: [String] = []
    var parameters: [SQLParameter] = []
    func add(_ letter: String, _ values: SQLParameter..., condition: ([String]) -> String) {
      name += letter
      let places = values.indices.map { "$\(parameters.count + $0 + 1)" }
      parameters += values
      conditions.append(condition(places))
    }
    if let queues = query.queues {
      add(".q", .texts(queues.map(\.rawValue).sorted())) { "queue = ANY(\($0[0]))" }
    }
    if let employee = query.employee {
      add(".e", .text(employee)) { "(assignee_id = \($0[0]) OR assignee_name = \($0[0]))" }
    }
    if let state = query.state { add(".s", .text(state.rawValue)) { "state = \($0[0])" } }
    if let from = query.from { add(".f", .timestamp(from)) { "submitted_at >= \($0[0])" } }
    if let to = query.to { add(".t", .timestamp(to)) { "submitted_at < \($0[0])" } }
    if let after = query.after {
      add(".a", .timestamp(after.submittedAt), .text(after.id.rawValue)) { "(submitted_at, id) < (\($0[0]), \($0[1]))" }
    }
    let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
    parameters.append(.int(Int64(query.limit) + 1))
    let text = """
      SELECT \(columns) FROM service_history \(filter) ORDER BY submitted_at DESC, id DESC LIMIT $\(parameters.count)
      """
    return SQLCall(statement: SQLStatement(name, text), parameters: parameters)
  }
}
