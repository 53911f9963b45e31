import ServiceQueue

@testable import Intake

/// What a file of rules says, read from its JSON anew for each request, in the plainest way.
enum NaiveRules {
  static func verdict(_ file: JSONValue, _ request: RuleRequest) -> String {
    var request = request
    for rule in file["rules"]?.array ?? [] {
      if let when = rule["when"], !holds(when, request) { continue }
      let then = rule["then"]
      let name = rule["name"]?.string ?? ""
      if then?["drop"] != nil { return "drop" }
      if let text = then?["reject"]?.string { return "reject \(name): \(text)" }
      for field in then?["defaults"]?.object?.members ?? [] { fill(field.name, field.value, &request) }
      if let queue = then?["route"]?.string.flatMap({ QueueName($0) }) { request.draft.queue = queue }
      if case .number(let number) = then?["prioritise"], let level = number.int {
        request.draft.priority = Priority(Int(level)) ?? .normal
        request.hasPriority = true
      }
      if case .number(let number) = then?["schedule"]?["seconds"], let seconds = number.int {
        request.draft.scheduledFor = Timestamp(milliseconds: request.now.milliseconds + seconds * 1_000)
      }
      let skills = then?["require"]?.array?.compactMap(\.string) ?? []
      guard let all = SkillSet(request.draft.requires.words + skills, most: 8) else {
        return "reject \(name): it would require more than 8 skills"
      }
      request.draft.requires = all
      for tag in then?["tag"]?.array ?? [] {
        let tags = request.draft.details?["tags"]?.array ?? []
        if !tags.contains(tag) { set(["tags"], .array(tags + [tag]), &request.draft.details) }
      }
      if then?["stop"] != nil { break }
    }
    return "accept " + text(request)
  }

  static func text(_ request: RuleRequest) -> String {
    let bytes = request.draft.canonicalBytes
    return "\(String(decoding: bytes, as: UTF8.self)) \(request.hasPriority)"
  }

  private static func holds(_ condition: JSONValue, _ request: RuleRequest) -> Bool {
    for member in condition.object?.members ?? [] {
      switch member.name {
      case "all": for part in member.value.array ?? [] where !holds(part, request) { return false }
      case "any": if !(member.value.array ?? []).contains(where: { holds($0, request) }) { return false }
      case "not": if holds(member.value, request) { return false }
      default:
        let value = facts(request)[member.name]
        let tests = member.value.object?.members ?? [.init(name: "equals", value: member.value)]
        for test in tests where !holds(test, value) { return false }
      }
    }
    return true
  }

  private static func holds(_ test: JSONObject.Member, _ value: JSONValue?) -> Bool {
    if test.name == "exists" { return test.value == .bool(value != nil) }
    guard let value else { return false }
    switch test.name {
    case "equals": return same(value, test.value)
    case "in": return (test.value.array ?? []).contains { same(value, $0) }
    case "prefix": return value.string.map { $0.hasPrefix(test.value.string ?? "") } ?? false
    case "above": return double(value).map { $0 > double(test.value) ?? 0 } ?? false
    case "below": return double(value).map { $0 < double(test.value) ?? 0 } ?? false
    case "matches":
      guard let text = value.string, let pattern = test.value.string else { return false }
      return naiveMatch(pattern.map(String.init)[...], text.map(String.init)[...])
    default: return false
    }
  }

  private static func same(_ a: JSONValue, _ b: JSONValue) -> Bool {
    if let a = double(a), let b = double(b) { return a == b }
    return a == b
  }

  private static func double(_ value: JSONValue) -> Double? {
    if case .number(let number) = value { number.double } else { nil }
  }

  /// Everything that can be asked, under the names of the file.
  private static func facts(_ request: RuleRequest) -> [String: JSONValue] {
    var facts: [String: JSONValue] = [
      "queue": .string(request.draft.queue.rawValue), "kind": .string(request.draft.kind),
      "priority": .number(JSONNumber(Int64(request.draft.priority.level))), "routing_key": .string(request.routingKey),
    ]
    facts["source"] = request.source.map { .string($0) }
    facts["type"] = request.type.map { .string($0) }
    facts["scheduled_for"] = request.draft.scheduledFor.map { .string($0.description) }
    for header in request.headers {
      switch header.value {
      case .text(let text): facts["headers.\(header.name)"] = .string(text)
      case .integer(let number): facts["headers.\(header.name)"] = .number(JSONNumber(number))
      case .boolean(let value): facts["headers.\(header.name)"] = .bool(value)
      case .bytes(let bytes):
        facts["headers.\(header.name)"] = String(validating: bytes, as: UTF8.self).map { .string($0) }
      case .double, .timestamp, .list, .table, .void: break
      }
    }
    for member in request.draft.customer?.members ?? [] { facts["customer.\(member.name)"] = member.value }
    func add(_ object: JSONObject, _ path: String) {
      for member in object.members {
        facts["\(path).\(member.name)"] = member.value
        if let inner = member.value.object { add(inner, "\(path).\(member.name)") }
      }
    }
    if let details = request.draft.details { add(details, "details") }
    return facts
  }

  private static func fill(_ name: String, _ value: JSONValue, _ request: inout RuleRequest) {
    guard name != "priority" else {
      guard !request.hasPriority, case .number(let number) = value, let level = number.int else { return }
      request.draft.priority = Priority(Int(level)) ?? .normal
      request.hasPriority = true
      return
    }
    guard facts(request)[name] == nil else { return }
    let path = name.split(separator: ".").map(String.init)
    if path[0] == "customer" {
      set(Array(path.dropFirst()), value, &request.draft.customer)
    } else {
      set(Array(path.dropFirst()), value, &request.draft.details)
    }
  }

  private static func set(_ path: [String], _ value: JSONValue, _ object: inout JSONObject?) {
    var members = object?.members ?? []
    members.removeAll { $0.name == path[0] }
    guard path.count > 1 else {
      object = JSONObject(members + [.init(name: path[0], value: value)])
      return
    }
    var inner = object?[path[0]]?.object
    set(Array(path.dropFirst()), value, &inner)
    object = JSONObject(members + [.init(name: path[0], value: .object(inner ?? JSONObject()))])
  }
}
