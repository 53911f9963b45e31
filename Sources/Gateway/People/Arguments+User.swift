import ServiceQueue
import UserStore

/// What a body says of a user.
extension Arguments {
  func level() throws(GatewayError) -> AccessLevel? {
    try string("level").map { word throws(GatewayError) in try Self.level(word) }
  }

  static func level(_ word: String) throws(GatewayError) -> AccessLevel {
    guard let level = AccessLevel(rawValue: word) else {
      throw GatewayError(
        .invalidArgument, "\"level\" is one of \(AccessLevel.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }

  /// The user that is to be made.
  func newUser(password: String?) throws(GatewayError) -> NewUser {
    guard let level = try level() else { throw GatewayError(.invalidArgument, "\"level\" is missing") }
    return NewUser(
      username: try required("username"), password: password, level: level, queues: try queues(),
      skills: try skills() ?? .none, capacity: try capacity(), email: try string("email"),
      displayName: try string("display_name"))
  }

  func queues() throws(GatewayError) -> Set<QueueName>? {
    guard let names = try strings("queues") else { return nil }
    guard names.count <= User.mostQueues else {
      throw GatewayError(.invalidArgument, "\"queues\" are at most \(User.mostQueues), or null for all")
    }
    var queues = Set<QueueName>()
    for name in names { queues.insert(try Self.queue(name)) }
    return queues
  }

  func skills() throws(GatewayError) -> SkillSet? {
    guard let words = try strings("skills") else { return nil }
    guard words.count <= SkillSet.mostHeld, let skills = SkillSet(words, most: SkillSet.mostHeld) else {
      throw GatewayError(
        .invalidArgument, "\"skills\" are at most \(SkillSet.mostHeld) words, each 1 to 32 of a-z, 0-9, ., - and _")
    }
    return skills
  }

  func capacity() throws(GatewayError) -> Int? {
    let range = QueuePolicy.capacityRange
    return try integer("capacity", in: Int64(range.lowerBound)...Int64(range.upperBound)).map(Int.init)
  }

  /// A member that is not there leaves the property, `null` takes it away.
  func change<Value>(_ name: String, to value: Value?) -> UserChanges.Change<Value> {
    guard has(name) else { return .keep }
    return value.map { .set($0) } ?? .clear
  }
}
