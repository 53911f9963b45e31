import HTTPTypes
import Hummingbird
import ServiceQueue
import UserStore

/// Users: oneself, and for administrators all.
enum UserRoutes {
  static func add(to routes: inout RouteTable) {
    routes.on(.get, "/v1/users/me") { exchange in
      let principal = try exchange.principal()
      return response(try await exchange.services.stores.directory.user(id: principal.id))
    }
    routes.on(.get, "/v1/users", list)
    routes.on(.post, "/v1/users", create)
    routes.on(.get, "/v1/users/:id") { exchange in
      _ = try exchange.administrator()
      return response(try await exchange.services.stores.directory.user(id: try id(exchange)))
    }
    routes.on(.patch, "/v1/users/:id", change)
  }

  /// What may be said of a user when it is made and later.
  private static let properties: Set<String> = ["level", "queues", "skills", "capacity", "email", "display_name"]

  private static func list(_ exchange: Exchange) async throws -> Response {
    _ = try exchange.administrator()
    let limit = try exchange.query("limit", in: 1...500) ?? 100
    let page = try await exchange.services.stores.directory.users(after: exchange.query("cursor"), limit: Int(limit))
    return .json {
      $0.object {
        $0.key("users")
        $0.array { list in for user in page.users { list.user(user) } }
        $0.key("next_cursor")
        if let next = page.next { $0.string(next) } else { $0.null() }
      }
    }
  }

  private static func create(_ exchange: Exchange) async throws -> Response {
    let administrator = try exchange.administrator()
    _ = try exchange.idempotencyKey()
    let arguments = try await exchange.arguments(properties.union(["username", "password"]))
    guard let level = try arguments.level() else { throw GatewayError(.invalidArgument, "\"level\" is missing") }
    let user = try await exchange.services.stores.directory.createUser(
      NewUser(
        username: try arguments.required("username"), password: try arguments.required("password"), level: level,
        queues: try arguments.queues(), skills: try arguments.skills() ?? .none, capacity: try arguments.capacity(),
        email: try arguments.string("email"), displayName: try arguments.string("display_name")),
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

  private static func id(_ exchange: Exchange) throws(GatewayError) -> String {
    // A user's id has a service id's form: a UUID.
    guard let id = exchange.context.parameters.get("id").flatMap({ ServiceID($0) }) else {
      throw GatewayError(.notFound, "there is no such user")
    }
    return id.rawValue
  }

  private static func response(
    _ user: User, _ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]
  ) -> Response {
    var fields = headers
    fields[.eTag] = "\"\(user.version)\""
    return .json(status, headers: fields) { $0.user(user) }
  }
}

extension Arguments {
  fileprivate func level() throws(GatewayError) -> AccessLevel? {
    guard let word = try string("level") else { return nil }
    guard let level = AccessLevel(rawValue: word) else {
      throw GatewayError(
        .invalidArgument, "\"level\" is one of \(AccessLevel.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }

  fileprivate func queues() throws(GatewayError) -> Set<QueueName>? {
    guard let names = try strings("queues") else { return nil }
    var queues = Set<QueueName>()
    for name in names { queues.insert(try Self.queue(name)) }
    return queues
  }

  fileprivate func skills() throws(GatewayError) -> SkillSet? {
    guard let words = try strings("skills") else { return nil }
    guard let skills = SkillSet(words, most: SkillSet.mostHeld) else {
      throw GatewayError(
        .invalidArgument, "\"skills\" are at most \(SkillSet.mostHeld) words, each 1 to 32 of a-z, 0-9, ., - and _")
    }
    return skills
  }

  fileprivate func capacity() throws(GatewayError) -> Int? {
    let range = QueuePolicy.capacityRange
    return try integer("capacity", in: Int64(range.lowerBound)...Int64(range.upperBound)).map(Int.init)
  }

  /// A member that is not there leaves the property, `null` takes it away.
  fileprivate func change<Value>(_ name: String, to value: Value?) -> UserChanges.Change<Value> {
    guard has(name) else { return .keep }
    return value.map { .set($0) } ?? .clear
  }
}

extension JSONWriter {
  /// `{id, username, level, queues, skills, capacity, disabled, email, display_name, created_at, updated_at, version}`; `queues`
  /// is null for all, `capacity` for the site's own.
  fileprivate mutating func user(_ user: User) {
    object {
      $0.key("id")
      $0.string(user.id)
      $0.key("username")
      $0.string(user.username)
      $0.key("level")
      $0.string(user.level.rawValue)
      $0.key("queues")
      if let queues = user.queues {
        $0.array { list in for queue in queues.sorted() { list.string(queue.rawValue) } }
      } else {
        $0.null()
      }
      $0.key("skills")
      $0.array { list in for word in user.skills.words { list.string(word) } }
      $0.key("capacity")
      if let capacity = user.capacity { $0.number(capacity) } else { $0.null() }
      $0.key("disabled")
      $0.bool(user.isDisabled)
      $0.key("email")
      if let email = user.email { $0.string(email) } else { $0.null() }
      $0.key("display_name")
      if let name = user.displayName { $0.string(name) } else { $0.null() }
      $0.key("created_at")
      $0.string(user.createdAt.description)
      $0.key("updated_at")
      $0.string(user.updatedAt.description)
      $0.key("version")
      $0.number(user.version)
    }
  }
}
