import ServiceQueue

/// The RPC methods of the WebSocket: a method is a command, its data the arguments, its answer as in REST.
extension CommandDesk {
  /// The methods that there are, for metrics: what is not among them counts as `unknown`.
  static let methods: Set<String> = Set(ServiceCommand.allCases.map { "service.\($0.rawValue)" })
    .union(["service.submit", "queue.claim_next", "queue.list"])

  /// The answer's JSON.
  func rpc(_ method: String, _ data: JSONValue?, by principal: Principal) async throws(GatewayError) -> [UInt8] {
    switch method {
    case "service.submit": return try await submit(data, by: principal)
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
    default:
      guard method.hasPrefix("service."), let command = ServiceCommand(rawValue: String(method.dropFirst(8))) else {
        throw GatewayError(.unknownMethod, "there is no such method")
      }
      return try await perform(command, data, by: principal)
    }
  }

  private func perform(
    _ command: ServiceCommand, _ data: JSONValue?, by principal: Principal
  ) async throws(GatewayError) -> [UInt8] {
    let arguments = try Arguments(
      data, known: command.members.union(["id", "queue", "if_version", "idempotency_key"]))
    let id = try arguments.serviceID("id")
    let queue = try arguments.has("queue") ? arguments.queue("queue") : nil
    if let queue, !(principal.queues?.contains(queue) ?? true) { throw .notFound }
    let answer = try await perform(
      command, on: id, ifVersion: try arguments.integer("if_version", in: 1...(1 << 53)).map(UInt64.init),
      arguments: arguments, by: principal, key: try arguments.idempotencyKey("idempotency_key"))
    return json(answer, for: principal)
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

extension SubmissionDraft {
  /// The members of a submission; another one is refused here, where a person or program waits for the answer.
  static let members: Set<String> = ["queue", "kind", "priority", "scheduled_for", "customer", "details"]

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
