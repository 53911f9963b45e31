import ServiceQueue

/// What is wrong with a file of rules, and where.
public struct RuleError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Such as `rule 3 (night shift), when.priority`.
  public let place: String
  /// What is wrong and what it takes.
  public let message: String

  /// Place and message.
  public var description: String { "Rules, \(place): \(message)" }
}

extension RuleSet {
  /// The written bounds of a file of rules.
  public enum Limits {
    /// Bytes of the file.
    public static let bytes = 1_048_576
    /// Rules in it.
    public static let rules = 1_000
    /// Conditions of one rule.
    public static let conditions = 32
    /// Values of one `in`.
    public static let list = 1_000
  }

  /// Reads rules: `{"rules": [{"name": ..., "when": {...}, "then": {...}}]}`. Unknown members are errors: a misspelt condition
  /// must not make a rule that always holds.
  ///
  /// - `when`: names of `queue`, `kind`, `priority`, `customer.NAME`, `details.NAME(.NAME...)`, `routing_key`, each with a value it
  ///   must equal, or an object of tests that must all hold: `equals`, `in`, `exists`, `prefix`, `above`, `below`, and for
  ///   `routing_key` `matches` with `*` and `#`. Empty or absent: always holds.
  /// - `then`: `{"drop": true}`, `{"reject": "text"}`, or one or more of `route` with a queue, `prioritise` with a priority, and
  ///   `require` with a list of skills.
  ///
  /// - Parameter json: the bytes of the file.
  /// - Throws: what is wrong with the first bad rule.
  public init(json: [UInt8]) throws(RuleError) {
    let document: JSONValue
    do {
      document = try JSONScanner.parse(json, limits: .init(bytes: Limits.bytes, depth: 16))
    } catch {
      throw RuleError(place: "the file", message: error.description)
    }
    let root = Place(text: "the file")
    let members = try root.object(document, knows: ["rules"])
    guard let list = members["rules"]?.array else { throw root.error("it takes {\"rules\": [...]}") }
    guard list.count <= Limits.rules else { throw root.error("at most \(Limits.rules) rules") }
    var rules: [Rule] = []
    var names: Set<String> = []
    for (index, value) in list.enumerated() {
      let rule = try RuleSet.rule(value, Place(text: "rule \(index + 1)"))
      guard names.insert(rule.name).inserted else {
        throw RuleError(place: "rule \(index + 1)", message: "another rule has its name, \(rule.name)")
      }
      rules.append(rule)
    }
    self.init(rules: rules)
  }

  private static func rule(_ value: JSONValue, _ outer: Place) throws(RuleError) -> Rule {
    let members = try outer.object(value, knows: ["name", "when", "then"])
    guard let name = members["name"]?.string, (1...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw outer.error("name must be 1 to 64 printable ASCII characters") }
    let place = Place(text: "\(outer.text) (\(name))")
    var conditions: [Condition] = []
    if let when = members["when"] {
      let inner = place.inner("when")
      guard let object = when.object else { throw inner.error("must be an object") }
      guard object.members.count <= Limits.conditions else {
        throw inner.error("at most \(Limits.conditions) conditions")
      }
      for member in object.members { conditions.append(try condition(member, inner.inner(member.name))) }
    }
    guard let then = members["then"] else { throw place.error("then is missing") }
    return Rule(name: name, conditions: conditions, actions: try actions(then, place.inner("then")))
  }

  private static func actions(_ value: JSONValue, _ place: Place) throws(RuleError) -> [Action] {
    let members = try place.object(value, knows: ["drop", "reject", "route", "prioritise", "require"])
    var actions: [Action] = []
    if let value = members["route"] {
      guard let queue = value.string.flatMap({ QueueName($0) }) else {
        throw place.inner("route").error("must name a queue")
      }
      actions.append(.route(queue))
    }
    if let value = members["prioritise"] {
      guard let priority = priority(value) else {
        throw place.inner("prioritise").error("must be 0 to 9, or low, normal, high or urgent")
      }
      actions.append(.prioritise(priority))
    }
    if let value = members["require"] {
      guard let skills = skills(value), !skills.isEmpty else {
        throw place.inner("require").error(
          "must be a list of 1 to \(SkillSet.mostRequired) skills, each 1 to 32 of a-z, 0-9, ., - and _")
      }
      actions.append(.require(skills))
    }
    if let value = members["drop"] {
      guard value.bool == true else { throw place.inner("drop").error("must be true") }
      actions.append(.drop)
    }
    if let value = members["reject"] {
      guard let text = value.string, text.utf8.count <= 200 else {
        throw place.inner("reject").error("must be a text of at most 200 bytes")
      }
      actions.append(.reject(text))
    }
    let ends = members["drop"] != nil || members["reject"] != nil
    guard !actions.isEmpty, !ends || actions.count == 1 else {
      throw place.error("takes drop alone, reject alone, or one or more of route, prioritise and require")
    }
    return actions
  }

  private static func condition(_ member: JSONObject.Member, _ place: Place) throws(RuleError) -> Condition {
    let subject: Condition.Subject
    let parts = member.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch member.name {
    case "queue": subject = .queue
    case "kind": subject = .kind
    case "priority": subject = .priority
    case "routing_key": subject = .routingKey
    default:
      guard parts.count >= 2, !parts.contains("") else { throw place.error("is no condition that is known") }
      switch parts[0] {
      case "customer": subject = .customer(String(member.name.dropFirst("customer.".count)))
      case "details": subject = .details(Array(parts.dropFirst()))
      default: throw place.error("is no condition that is known")
      }
    }
    guard let tests = member.value.object else {
      return Condition(subject: subject, tests: [.equals(try operand(member.value, subject, place))])
    }
    guard !tests.members.isEmpty else { throw place.error("needs at least one test") }
    var result: [Condition.Test] = []
    for test in tests.members { result.append(try self.test(test, subject, place.inner(test.name))) }
    return Condition(subject: subject, tests: result)
  }

  private static func test(
    _ member: JSONObject.Member, _ subject: Condition.Subject, _ place: Place
  ) throws(RuleError) -> Condition.Test {
    switch member.name {
    case "equals": return .equals(try operand(member.value, subject, place))
    case "in":
      guard let list = member.value.array, (1...Limits.list).contains(list.count) else {
        throw place.error("must be a list of 1 to \(Limits.list) values")
      }
      var values: [JSONValue] = []
      for value in list { values.append(try operand(value, subject, place)) }
      return .isIn(values)
    case "exists":
      guard let expected = member.value.bool else { throw place.error("must be true or false") }
      return .exists(expected)
    case "prefix":
      guard let text = member.value.string else { throw place.error("must be a text") }
      return .prefix(text)
    case "above", "below":
      guard case .number(let number) = member.value, number.double.isFinite else {
        throw place.error("must be a number")
      }
      return member.name == "above" ? .above(number.double) : .below(number.double)
    case "matches":
      guard subject == .routingKey else { throw place.error("is for routing_key alone") }
      guard let text = member.value.string, text.utf8.count <= 255 else {
        throw place.error("must be a pattern of at most 255 bytes")
      }
      return .matches(TopicPattern(text))
    default: throw place.error("is no test that is known")
    }
  }

  /// A value to compare with: names of priorities become numbers, and what could never be equal is an error.
  private static func operand(
    _ value: JSONValue, _ subject: Condition.Subject, _ place: Place
  ) throws(RuleError) -> JSONValue {
    switch subject {
    case .priority:
      guard let priority = priority(value) else {
        throw place.error("must be 0 to 9, or low, normal, high or urgent")
      }
      return .number(JSONNumber(Int64(priority.level)))
    case .queue, .kind, .routingKey:
      guard value.string != nil else { throw place.error("must be a text") }
    case .customer, .details:
      guard value.object == nil, value.array == nil else {
        throw place.error("must be a text, number, boolean or null")
      }
    }
    return value
  }

  private static func skills(_ value: JSONValue) -> SkillSet? {
    guard let elements = value.array else { return nil }
    let words = elements.compactMap(\.string)
    return words.count == elements.count ? SkillSet(words, most: SkillSet.mostRequired) : nil
  }

  private static func priority(_ value: JSONValue) -> Priority? {
    switch value {
    case .string(let name): Priority(name: name)
    case .number(let number): number.int.flatMap { Int(exactly: $0) }.flatMap { Priority($0) }
    default: nil
    }
  }
}

/// Where in the file something stands.
private struct Place {
  let text: String

  func inner(_ name: String) -> Place {
    let name = String(name.prefix(64))
    return Place(text: text.hasSuffix(")") || !text.contains(", ") ? "\(text), \(name)" : "\(text).\(name)")
  }

  func error(_ message: String) -> RuleError { RuleError(place: text, message: message) }

  func object(_ value: JSONValue, knows names: Set<String>) throws(RuleError) -> [String: JSONValue] {
    guard let object = value.object else { throw error("must be an object") }
    var members: [String: JSONValue] = [:]
    for member in object.members {
      guard names.contains(member.name) else { throw inner(member.name).error("is not known here") }
      members[member.name] = member.value
    }
    return members
  }
}
