import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Users: oneself, and for administrators all.
enum UserRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/users/me", effort: .short) { exchange in
      let token = try exchange.userToken()
      return response(try await exchange.services.stores.directory.user(id: token.principal.id))
    }
    routes.on(.get, "/v1/users", list)
    routes.on(.post, "/v1/users", idempotent: .stored, create)
    routes.on(.get, "/v1/users/:id", effort: .short) { exchange in
      _ = try exchange.administrator()
      return response(try await exchange.services.stores.directory.user(id: try id(exchange)))
    }
    routes.on(.patch, "/v1/users/:id", change)
    routes.on(.delete, "/v1/users/:id", erase)
  }

  /// What may be said of a user when it is made and later.
  static let properties: Set<String> = ["level", "queues", "skills", "capacity", "email", "display_name"]

  private static func list(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.administrator()
    let limit = try exchange.query("limit", in: 1...500) ?? 100
    let cursor = exchange.query("cursor")
    guard cursor?.isEmpty != true else {
      throw GatewayError(.invalidArgument, "the cursor is not one that this server gave")
    }
    let page = try await exchange.services.stores.directory.users(
      matching: try filter(exchange), after: cursor, limit: Int(limit))
    return .json {
      $0.object {
        $0.key("users")
        $0.array { list in for user in page.users { list.user(user) } }
        $0.key("next_cursor")
        $0.optional(page.next)
      }
    }
  }

  private static func filter(_ exchange: Exchange) throws(GatewayError) -> UserFilter {
    var filter = UserFilter()
    filter.level = try exchange.query("level").map { text throws(GatewayError) in try Arguments.level(text) }
    if let word = exchange.query("state") {
      guard let state = UserState(rawValue: word) else {
        throw GatewayError(
          .invalidArgument, "state is one of \(UserState.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      filter.state = state
    }
    filter.queue = try exchange.query("queue").map { text throws(GatewayError) in try Arguments.queue(text) }
    if let word = exchange.query("skill") {
      guard SkillSet([word], most: 1) != nil else {
        throw GatewayError(.invalidArgument, "skill is one word: 1 to 32 of a-z, 0-9, ., - and _")
      }
      filter.skill = word
    }
    filter.namePrefix = exchange.query("q")
    guard filter.namePrefix?.isEmpty != true else {
      throw GatewayError(.invalidArgument, "q is how a name begins: 1 to 64 of A-Z a-z 0-9 . _ @ + -")
    }
    filter.email = exchange.query("email")
    return filter
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let arguments = try await exchange.arguments(properties.union(["username", "password"]))
    let user = try await exchange.services.stores.directory.createUser(
      try arguments.newUser(password: try arguments.required("password")),
      audit: exchange.auditEntry("user.create", by: administrator))
    return response(user, .created, [.location: "/v1/users/\(user.id)"])
  }

  private static func change(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let id = try id(exchange)
    let version = try exchange.ifMatch()
    let arguments = try await exchange.arguments(properties.union(["password", "disabled"]))
    var changes = UserChanges()
    changes.level = try arguments.level()
    changes.isDisabled = try arguments.bool("disabled")
    changes.queues = arguments.change("queues", to: try arguments.queues())
    changes.skills = try arguments.has("skills") ? arguments.skills() ?? SkillSet.none : nil
    changes.capacity = arguments.change("capacity", to: try arguments.capacity())
    changes.email = arguments.change("email", to: try arguments.string("email"))
    changes.displayName = arguments.change("display_name", to: try arguments.string("display_name"))
    changes.password = try arguments.string("password")
    let user = try await exchange.services.stores.directory.updateUser(
      id: id, expectedVersion: version, changes, audit: exchange.auditEntry("user.change", by: administrator))
    // Here at once; other nodes see it at their next look.
    await exchange.services.apply([user])
    return response(user)
  }

  private static func erase(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    let id = try id(exchange)
    guard id != administrator.id else {
      throw GatewayError(.forbidden, "nobody erases oneself: ask another administrator")
    }
    let user = try await exchange.services.stores.people.eraseUser(
      id: id, expectedVersion: try exchange.ifMatch(), audit: exchange.auditEntry("user.erase", by: administrator))
    // Here at once; other nodes see it at their next look.
    await exchange.services.apply([user])
    return Response(status: .noContent)
  }

  /// The user that the path names.
  static func id(_ exchange: Exchange) throws(GatewayError) -> String {
    // A user's id has a service id's form: a UUID.
    guard let id = exchange.context.parameters.get("id").flatMap({ ServiceID($0) }) else {
      throw GatewayError(.notFound, "there is no such user")
    }
    return id.rawValue
  }

  static func response(
    _ user: User, _ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]
  ) -> Response {
    var fields = headers
    fields[.eTag] = "\"\(user.version)\""
    return .json(status, headers: fields) { $0.user(user) }
  }
}
