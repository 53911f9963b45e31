import HTTPTypes
import Hummingbird
import ServiceQueue

/// One service, and the commands about it.
enum ServiceRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/services/:id", effort: .short) { exchange in
      let principal = try exchange.principal()
      guard AccessPolicy.allows(.observe, level: principal.level) else { throw GatewayError.forbidden }
      let service = try await exchange.desk.visible(try exchange.serviceID(), to: principal)
      return .json(.ok, exchange.desk.json(service, for: principal), [.eTag: "\"\(service.version)\""])
    }
    routes.on(.get, "/v1/services/:id/position", effort: .short) { exchange in
      let principal = try exchange.principal()
      let desk = exchange.desk
      return .json(.ok, desk.json(try await desk.position(of: try exchange.serviceID(), for: principal)))
    }
    routes.on(.post, "/v1/services/bulk", bulk)
    routes.on(.delete, "/v1/services/:id", effort: .short) { try await perform(.remove, $0) }
    for command in ServiceCommand.allCases where command != .remove {
      routes.on(.post, "/v1/services/:id/\(command.path)", effort: .short) { try await perform(command, $0) }
    }
  }

  private static func perform(_ command: ServiceCommand, _ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let id = try exchange.serviceID()
    let version = try exchange.ifMatch()
    let key = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(command.members)
    let order = ServiceOrder(
      command: command, id: id, ifVersion: version.map(UInt64.init), arguments: arguments, key: key)
    return response(try await exchange.desk.perform(order, by: principal), exchange, principal)
  }

  private static func bulk(_ exchange: Exchange) async throws -> Response {
    let principal = try exchange.principal()
    let key = try exchange.idempotencyKey()
    let body = try await exchange.body(limit: exchange.services.configuration.maximumBulk)
    let bulk = try BulkCommand(body, header: key, by: principal)
    let results = await exchange.desk.perform(bulk, by: principal)
    return .json(.ok, exchange.desk.json(results, for: principal))
  }

  /// A command's answer, with the service's new ETag.
  static func response(_ answer: CommandAnswer, _ exchange: Exchange, _ principal: Principal) -> Response {
    .json(.ok, exchange.desk.json(answer, for: principal), [.eTag: "\"\(answer.service.version)\""])
  }
}
