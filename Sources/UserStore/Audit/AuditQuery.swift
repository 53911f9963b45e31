public import ServiceQueue

/// A question for a page of the audit.
public struct AuditQuery: Sendable {
  /// Only this action, or all of a kind.
  public var action: AuditAction?
  /// Only what the user with this id, or with this name at that time, did.
  public var actor: String?
  /// Only what was done to this.
  public var object: String?
  /// Only what was done at or after this moment.
  public var from: Timestamp?
  /// Only what was done before this moment.
  public var to: Timestamp?
  /// Only entries older than this one; nil begins with the newest.
  public var before: Int64?
  /// At most so many: 1 to 500.
  public var limit: Int

  /// All of the audit, newest first, `limit` at a time.
  public init(limit: Int) { self.limit = limit }
}

/// Which actions are asked for: `user.create` alone, or `user.*` for all that begin with `user.`.
public enum AuditAction: Hashable, Sendable {
  /// This one.
  case exactly(String)
  /// Those that begin with this, which ends in a dot.
  case beginning(String)

  /// Nil for what no action can be: up to 64 of a-z, 0-9, `.`, `_` and `-`, and an asterisk behind the last dot.
  public init?(_ text: String) {
    let prefix = text.hasSuffix(".*") ? String(text.dropLast()) : nil
    let word = prefix ?? text
    guard (1...64).contains(word.utf8.count), !word.hasPrefix("."), prefix != nil || !word.hasSuffix("."),
      word.utf8.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || "._-".utf8.contains($0)
      })
    else { return nil }
    self = prefix.map { .beginning($0) } ?? .exactly(word)
  }
}

/// A page of the audit.
public struct AuditPage: Sendable {
  /// Newest first.
  public let entries: [RecordedEntry]
  /// What to give as `before` for the next page; nil when this was the last.
  public let next: Int64?
}

/// An entry as it stands in the audit.
public struct RecordedEntry: Hashable, Sendable {
  /// Counts the entries from 1, without gaps.
  public let id: Int64
  /// When it was written, by PostgreSQL's clock; never before the entry before it.
  public let at: Timestamp
  /// What was done.
  public let action: String
  /// The user who did it; nil for an operator's command line and the server itself.
  public let actorID: String?
  /// The user's name at that time; `erased-...` once it is erased.
  public let actorName: String?
  /// What it was done to.
  public let object: String?
  /// What else matters: one JSON object.
  public let detail: String?
  /// Where the request came from.
  public let address: String?
  /// The request's id.
  public let requestID: String?
  /// The chain's hash at this entry: SHA-256, 32 bytes.
  public let hash: [UInt8]
  /// `hash` in lower-case hexadecimal.
  public var hashText: String { hash.hexadecimal }

  /// `at` in microseconds, as the chain's text has it.
  let microseconds: Int64
}

/// The statement for a query: text from fixed parts, values only as parameters. Pure.
enum AuditPageSQL {
  static let columns = """
    id, at, action, actor_id, actor_name, object, detail::text, address, request_id, hash, \
    (extract(epoch FROM at) * 1000000)::bigint
    """

  /// There are 96 shapes of it at most, each prepared under its own name. It asks for one row more than the limit. Numbers and
  /// times rise together, so a moment is a bound of the number.
  static func page(_ query: AuditQuery) -> SQLCall {
    var name = "audit.page"
    var conditions: [String] = []
    var parameters: [SQLParameter] = []
    func add(_ letter: String, _ values: SQLParameter..., condition: ([String]) -> String) {
      name += letter
      let places = values.indices.map { "$\(parameters.count + $0 + 1)" }
      parameters += values
      conditions.append(condition(places))
    }
    switch query.action {
    case nil: break
    case .exactly(let action): add(".x", .text(action)) { "action = \($0[0])" }
    case .beginning(let prefix):
      // What comes behind `user.` and before `user/`.
      add(".p", .text(prefix), .text(prefix.dropLast() + "/")) { "action >= \($0[0]) AND action < \($0[1])" }
    }
    if let actor = query.actor {
      add(".u", .text(actor)) { "(actor_id = \($0[0]) OR actor_name = \($0[0]))" }
    }
    if let object = query.object { add(".o", .text(object)) { "object = \($0[0])" } }
    if let from = query.from {
      add(".f", .timestamp(from)) { "id >= (SELECT id FROM audit WHERE at >= \($0[0]) ORDER BY at, id LIMIT 1)" }
    }
    if let to = query.to {
      add(".t", .timestamp(to)) {
        "id < COALESCE((SELECT id FROM audit WHERE at >= \($0[0]) ORDER BY at, id LIMIT 1), \(Int64.max))"
      }
    }
    if let before = query.before { add(".b", .int(before)) { "id < \($0[0])" } }
    let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
    parameters.append(.int(Int64(query.limit) + 1))
    let text = "SELECT \(columns) FROM audit \(filter) ORDER BY id DESC LIMIT $\(parameters.count)"
    return SQLCall(statement: SQLStatement(name, text), parameters: parameters)
  }
}

extension RecordedEntry {
  /// Reads `AuditPageSQL.columns`, which begin at `column`.
  init(_ row: SQLRow, from column: Int = 0) throws(SQLFailure) {
    id = try row.int(column)
    at = try row.timestamp(column + 1)
    action = try row.text(column + 2)
    actorID = try row.optionalText(column + 3)
    actorName = try row.optionalText(column + 4)
    object = try row.optionalText(column + 5)
    detail = try row.optionalText(column + 6)
    address = try row.optionalText(column + 7)
    requestID = try row.optionalText(column + 8)
    hash = try row.bytes(column + 9)
    microseconds = try row.int(column + 10)
  }
}
