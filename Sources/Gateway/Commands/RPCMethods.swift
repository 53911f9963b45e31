import ServiceQueue

/// The RPC methods of the WebSocket: a method is a command, its data the arguments, its answer as in REST.
extension CommandDesk {
  /// The methods that there are, for metrics: what is not among them counts as `unknown`.
  static let methods: Set<String> = Set(ServiceCommand.allCases.map { "service.\($0.rawValue)" })
    .union(QueueCommand.allCases.map { "queue.\($0.rawValue)" })
    .union(["service.submit", "service.bulk", "service.position", "queue.claim_next", "queue.list", "queue.stats"])

  /// Those whose effort grows with what is asked or found.
  static let longMethods: Set<String> = ["service.bulk", "queue.list"]

  /// The answer's JSON.
  func rpc(_ method: String, _ data: JSONValue?, by principal: Principal) async throws(GatewayError) -> [UInt8] {
    switch method {
    case "service.submit": return try await submit(data, by: principal)
    case "service.bulk":
      return json(await perform(try BulkCommand(data, by: principal), by: principal), for: principal)
    case "service.position":
      let arguments = try Arguments(data, known: ["id"])
      return json(try await position(of: try arguments.serviceID("id"), for: principal))
    case "queue.claim_next":
      let arguments = try Arguments(data, known: ["queue", "lease_seconds", "idempotency_key"])
      let answer = try await claimNext(
        in: try arguments.queue("queue"), lease: try arguments.lease(), by: principal,
        key: try arguments.idempotencyKey("idempotency_key"))
      return json(answer, for: principal)
    case "queue.list":
      let arguments = try Arguments(data, known: ["queue", "states", "limit", "cursor"])
      let query = try ServiceListQuery(
        queue: try arguments.queue("queue"), states: try arguments.strings("states") ?? [],
        limit: try arguments.integer("limit", in: 1...Int64(BrokerLimits.page)), cursor: try arguments.string("cursor"))
      return json(try await list(query, by: principal), of: query.queue, for: principal)
    case "queue.stats":
      let arguments = try Arguments(data, known: ["queue"])
      return json(try await statistics(of: try arguments.queue("queue"), for: principal))
    default:
      if let command = ServiceCommand(method: method) {
        let arguments = try Arguments(data, known: command.members.union(ServiceCommand.target))
        let order = try ServiceOrder(command, arguments, by: principal)
        return json(try await perform(order, by: principal), for: principal)
      }
      if let command = QueueCommand(method: method) {
        let arguments = try Arguments(data, known: ["queue", "idempotency_key"])
        let answer = try await change(
          try arguments.queue("queue"), command, by: principal, key: try arguments.idempotencyKey("idempotency_key"))
        return json(answer)
      }
      throw GatewayError(.unknownMethod, "there is no such method")
    }
  }

  private func submit(_ data: JSONValue?, by principal: Principal) async throws(GatewayError) -> [UInt8] {
    let arguments = try Arguments(data, known: SubmissionDraft.members.union(["idempotency_key"]))
    let draft = try SubmissionDraft.accepting(data ?? .object(JSONObject()), queue: nil)
    let submitted = try await submit(draft, by: principal, key: try arguments.idempotencyKey("idempotency_key"))
    return json(submitted, for: principal)
  }
}

extension ServiceListQuery {
  /// A query from a client's words. Without a limit, 100.
  init(queue: QueueName, states: [String], limit: Int64?, cursor: String?) throws(GatewayError) {
    var wanted = Set<ServiceState>()
    for word in states {
      guard let state = ServiceState(rawValue: word) else {
        throw GatewayError(
          .invalidArgument,
          "a state is one of \(ServiceState.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      wanted.insert(state)
    }
    var after: ListCursor?
    if let cursor {
      guard let place = ListCursor(text: cursor) else {
        throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
      }
      after = place
    }
    self.init(queue: queue, states: wanted, after: after, limit: Int(limit ?? 100))
  }
}

extension ServiceCommand {
  /// Nil for a method that is none of a service's.
  fileprivate init?(method: String) {
    guard method.hasPrefix("service.") else { return nil }
    self.init(rawValue: String(method.dropFirst(8)))
  }
}

extension QueueCommand {
  /// Nil for a method that is none of a queue's.
  fileprivate init?(method: String) {
    guard method.hasPrefix("queue.") else { return nil }
    self.init(rawValue: String(method.dropFirst(6)))
  }
}

extension SubmissionDraft {
  /// A draft from a client's object, for `queue` where the door knows it.
  static func accepting(_ value: JSONValue, queue: QueueName?) throws(GatewayError) -> SubmissionDraft {
    let draft: SubmissionDraft
    do {
      draft = try SubmissionDraft.parse(value, defaultQueue: queue)
    } catch {
      throw GatewayError(.invalidArgument, "\"\(error.field)\": \(error.message)")
    }
    guard queue == nil || draft.queue == queue else {
      throw GatewayError(.invalidArgument, "\"queue\" is another one than the path names")
    }
    return draft
  }
}
