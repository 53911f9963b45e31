import ServiceQueue
import UserStore

/// Which services a request for the history is about, checked.
struct HistoryFilter: Sendable {
  /// Without its limit, which is another one for pages and for exports.
  var query: HistoryQuery
  /// What the client named, for the audit.
  private var named: [(name: String, value: String)] = []

  init(_ exchange: Exchange, for principal: Principal) throws(GatewayError) {
    query = HistoryQuery(limit: HistoryQuery.limits.upperBound)
    if let word = exchange.query("by") {
      query.order = try Self.word(word, "by")
    }
    query.queues = try Self.queues(exchange, for: principal)
    if let text = exchange.query("service") { query.service = try Arguments.serviceID(text, called: "service") }
    if let kind = exchange.query("kind") {
      guard Service.isKind(kind) else {
        throw GatewayError(.invalidArgument, "kind is 1 to 64 of a-z, 0-9, - . and _")
      }
      query.kind = kind
    }
    if let word = exchange.query("state") { query.state = try Self.word(word, "state") }
    query.submitter = try Self.text("submitter", exchange)
    query.employee = try Self.text("employee", exchange)
    query.from = try exchange.moment("from")
    query.to = try exchange.moment("to")
    if let text = exchange.query("cursor") {
      guard let cursor = HistoryCursor(text: text) else {
        throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
      }
      query.after = cursor
    }
    for name in ["by", "queue", "service", "kind", "state", "submitter", "employee", "from", "to"] {
      guard let value = exchange.query(name) else { continue }
      // The audit holds ids alone: a name would outlive its user.
      let isName = ["submitter", "employee"].contains(name) && ServiceID(value) == nil
      named.append((name, isName ? "by name" : value))
    }
  }

  /// What the audit is told: the filter as it was given, and how many services had personal data that was shown.
  func detail(count: Int?) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      for (name, value) in named {
        $0.key(dynamic: name)
        $0.string(value)
      }
      if let count {
        $0.key("count")
        $0.number(count)
      }
    }
    return json.bytes
  }

  /// The queue that is asked for, or those that the user is limited to.
  static func queues(_ exchange: Exchange, for principal: Principal) throws(GatewayError) -> Set<QueueName>? {
    guard let text = exchange.query("queue") else { return principal.queues }
    let queue = try Arguments.queue(text)
    guard principal.queues?.contains(queue) ?? true else { throw GatewayError.forbidden }
    return [queue]
  }

  /// One of the words that an enumeration has.
  static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ word: String, _ name: String
  ) throws(GatewayError) -> Word {
    guard let value = Word(rawValue: word) else {
      throw GatewayError(
        .invalidArgument, "\(name) is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
  }

  private static func text(_ name: String, _ exchange: Exchange) throws(GatewayError) -> String? {
    guard let text = exchange.query(name) else { return nil }
    guard (1...128).contains(text.utf8.count), !text.unicodeScalars.contains("\0") else {
      throw GatewayError(.invalidArgument, "\(name) is a user's id or name, of at most 128 bytes")
    }
    return text
  }
}

extension Exchange {
  /// A moment of the query.
  func moment(_ name: String) throws(GatewayError) -> Timestamp? {
    guard let text = query(name) else { return nil }
    guard let moment = Timestamp(rfc3339: text) else {
      throw GatewayError(.invalidArgument, "\(name) must be a time such as 2026-11-24T09:30:00Z (RFC 3339)")
    }
    return moment
  }
}
