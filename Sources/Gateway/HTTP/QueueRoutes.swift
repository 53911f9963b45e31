import HTTPTypes
import Hummingbird
import ServiceQueue

/// Queues: what there is, what waits in them, what happened.
enum QueueRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/queues", all)
    routes.on(.get, "/v1/queues/:queue", effort: .short, one)
    routes.on(.put, "/v1/queues/:queue", create)
    routes.on(.get, "/v1/queues/:queue/services", list)
    routes.on(.post, "/v1/queues/:queue/services", effort: .short, submit)
    routes.on(.post, "/v1/queues/:queue/claim-next", effort: .short, claimNext)
    routes.on(.get, "/v1/queues/:queue/events", events)
    routes.on(.get, "/v1/queues/:queue/stats", effort: .short) { exchange in
      let principal = try exchange.principal()
      let desk = exchange.desk
      return .json(.ok, desk.json(try await desk.statistics(of: try exchange.queue(), for: principal)))
    }
    for command in QueueCommand.allCases {
      routes.on(.post, "/v1/queues/:queue/\(command.rawValue)") { try await change(command, $0) }
    }
  }

  private static func all(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.observe, level: principal.level) else { throw GatewayError.forbidden }
    let queues = try await exchange.desk.broker.queues()
    return .json {
      $0.object {
        $0.key("queues")
        $0.array { list in
          for queue in queues where principal.queues?.contains(queue.queue) ?? true { list.summary(queue) }
        }
      }
    }
  }

  private static func one(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    guard AccessPolicy.allows(.observe, by: principal, in: queue) else { throw GatewayError.forbidden }
    let summary = try await exchange.desk.broker.queue(queue)
    return .json { $0.summary(summary) }
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    guard AccessPolicy.allows(.administer, level: principal.level) else { throw GatewayError.forbidden }
    guard let queue = exchange.context.parameters.get("queue") else { throw GatewayError.internal }
    let name = try Arguments.queue(queue)
    guard AccessPolicy.allows(.administer, by: principal, in: name) else { throw GatewayError.forbidden }
    _ = try await exchange.arguments([])
    if try await isMissing(name, exchange) {
      try await exchange.services.stores.audit.record(
        exchange.auditEntry("queue.create", by: principal, object: name.rawValue))
    }
    let isNew = try await exchange.desk.broker.createQueue(name)
    let summary = try await exchange.desk.broker.queue(name)
    return .json(isNew ? .created : .ok, headers: isNew ? [.location: "/v1/queues/\(name)"] : [:]) {
      $0.summary(summary)
    }
  }

  private static func isMissing(_ queue: QueueName, _ exchange: Exchange) async throws(BrokerError) -> Bool {
    do {
      _ = try await exchange.desk.broker.queue(queue)
      return false
    } catch {
      guard error.code == .unknownQueue else { throw error }
      return true
    }
  }

  private static func list(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    let states = exchange.parameters.all("state").flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let query = try ServiceListQuery(
      queue: queue, states: states.map(String.init),
      limit: try exchange.query("limit", in: 1...Int64(BrokerLimits.page)), cursor: exchange.query("cursor"))
    let page = try await exchange.desk.list(query, by: principal)
    return .json(.ok, exchange.desk.json(page, of: queue, for: principal))
  }

  private static func submit(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    let key = try exchange.idempotencyKey()
    guard AccessPolicy.allows(.submit, by: principal, in: queue) else { throw GatewayError.forbidden }
    guard let body = try await exchange.body() else { throw GatewayError(.invalidArgument, "a body is expected") }
    _ = try Arguments(body, known: SubmissionDraft.members)
    let draft = try SubmissionDraft.accepting(body, queue: queue)
    let submitted = try await exchange.desk.submit(draft, by: principal, key: key)
    var headers: HTTPFields = [.location: "/v1/services/\(submitted.id)"]
    if let service = submitted.service { headers[.eTag] = "\"\(service.version)\"" }
    return .json(submitted.isDuplicate ? .ok : .created, exchange.desk.json(submitted, for: principal), headers)
  }

  private static func claimNext(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(["lease_seconds"])
    let answer = try await exchange.desk.claimNext(in: queue, lease: try arguments.lease(), by: principal, key: key)
    return ServiceRoutes.response(answer, exchange, principal)
  }

  private static func change(_ command: QueueCommand, _ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    let key = try exchange.idempotencyKey()
    _ = try await exchange.arguments([])
    let desk = exchange.desk
    return .json(.ok, desk.json(try await desk.change(queue, command, by: principal, key: key)))
  }

  private static func events(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let queue = try exchange.queue()
    guard AccessPolicy.allows(.observe, by: principal, in: queue), let view = ViewLevel(principal.level) else {
      throw GatewayError.forbidden
    }
    if try EventStreams.isWanted(by: exchange.request) {
      return try await EventStreams.open(exchange, queue, for: principal)
    }
    let after = try exchange.query("after", in: 0...((1 << 53) - 1)) ?? 0
    let epoch = try exchange.epoch()
    let limit = try exchange.query("limit", in: 1...Int64(BrokerLimits.events)) ?? 100
    let page = try await exchange.desk.broker.events(
      of: queue, epoch: epoch, after: QueueVersion(after), limit: Int(limit))
    switch page {
    case .gone(let epoch, let current):
      throw GatewayError(
        .eventsGone, "these events are gone; list the queue again (epoch \(epoch), version \(current))")
    case .events(let events, let epoch, let current):
      return .json {
        $0.object {
          $0.key("queue")
          $0.string(queue.rawValue)
          $0.key("epoch")
          $0.string(epoch.rawValue)
          $0.key("version")
          $0.number(current)
          $0.key("events")
          $0.array { list in for event in events { list.raw(exchange.desk.json(event, as: view)) } }
        }
      }
    }
  }
}
