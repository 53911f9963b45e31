/// One setting as it is declared, once: what is read, what is told of it, and the reference all come from here.
struct Setting: Sendable {
  /// What a setting is about, in the order of the reference.
  enum Concern: String, CaseIterable {
    case process = "Process and listeners"
    case apart = "Roles apart"
    case stores = "Where everything is"
    case queues = "Queues"
    case clients = "Clients and their connections"
    case people = "Users and passwords"
    case tokens = "Tokens and sessions"
    case openID = "OpenID provider"
    case database = "Database, history and audit"
    case keys = "Keys"
    case rabbitmq = "RabbitMQ: intake and events"
  }

  let name: String
  let concern: Concern
  /// The roles to which it matters.
  let roles: Set<Role>
  let meaning: String
  /// Its type, range and unit, in words.
  let takes: String
  /// Nil when there is none.
  let standard: String?
  var isSecret = false
  /// Whether the value may be the content of a file that `NAME_FILE` names.
  var hasFile = false
  /// Whether the value is the path of a file that must be there.
  var isPath = false

  /// The variables by which it can be given.
  var variables: [String] { hasFile ? [name, name + "_FILE"] : [name] }
}
