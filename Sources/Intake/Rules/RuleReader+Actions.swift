import ServiceQueue

extension RuleReader {
  /// The names of all actions.
  static let actionNames: Set<String> = [
    "drop", "reject", "stop", "defaults", "route", "prioritise", "schedule", "require", "tag",
  ]

  /// The actions of a `then`, in the order in which they are carried out.
  mutating func actions(_ value: JSONValue, _ path: Path) -> [Action] {
    guard let members = members(value, path, knows: Self.actionNames) else { return [] }
    guard !members.isEmpty else {
      if value.object?.members.isEmpty == true {
        fail(path, "needs an action: \(Self.actionNames.sorted().joined(separator: ", "))")
      }
      return []
    }
    for name in ["drop", "reject"] where members[name] != nil && members.count > 1 {
      fail(path + [.member(name)], "ends the matter, so it stands alone")
      return []
    }
    var actions: [Action] = []
    if let value = members["drop"] { actions += flag(value, path + [.member("drop")], .drop) }
    if let value = members["reject"] { actions += reject(value, path + [.member("reject")]) }
    let changes = [
      members["defaults"].flatMap { defaults($0, path + [.member("defaults")]) },
      members["route"].flatMap { route($0, path + [.member("route")]) },
      members["prioritise"].flatMap { priority($0, path + [.member("prioritise")]) }.map { .prioritise($0) },
      members["schedule"].flatMap { schedule($0, path + [.member("schedule")]) },
      members["require"].flatMap { require($0, path + [.member("require")]) },
      members["tag"].flatMap { tag($0, path + [.member("tag")]) },
    ]
    actions += changes.compactMap { $0.map { .change($0) } }
    if let value = members["stop"] { actions += flag(value, path + [.member("stop")], .stop) }
    return actions
  }

  private mutating func flag(_ value: JSONValue, _ path: Path, _ action: Action) -> [Action] {
    if value.bool == true { return [action] }
    fail(path, "must be true; leave it out otherwise")
    return []
  }

  private mutating func reject(_ value: JSONValue, _ path: Path) -> [Action] {
    if let text = value.string, text.utf8.count <= RuleSet.Limits.rejectBytes { return [.reject(text)] }
    fail(path, "must be a text of at most \(RuleSet.Limits.rejectBytes) bytes")
    return []
  }

  private mutating func route(_ value: JSONValue, _ path: Path) -> Action.Change? {
    if let queue = value.string.flatMap({ QueueName($0) }) { return .route(queue) }
    fail(path, "must name a queue: 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
    return nil
  }

  private mutating func require(_ value: JSONValue, _ path: Path) -> Action.Change? {
    if let words = texts(value), let skills = SkillSet(words, most: SkillSet.mostRequired), !skills.isEmpty {
      return .require(skills)
    }
    fail(
      path, "must be an array of 1 to \(SkillSet.mostRequired) skills, each 1 to 32 of a-z, 0-9, ., - and _")
    return nil
  }

  private mutating func tag(_ value: JSONValue, _ path: Path) -> Action.Change? {
    if let tags = texts(value), (1...RuleSet.Limits.tags).contains(tags.count), Set(tags).count == tags.count,
      tags.allSatisfy(Self.isTag)
    {
      return .tag(tags)
    }
    fail(
      path,
      "must be an array of 1 to \(RuleSet.Limits.tags) different texts of 1 to \(RuleSet.Limits.nameBytes) bytes without "
        + "control characters")
    return nil
  }

  private static func isTag(_ text: String) -> Bool {
    (1...RuleSet.Limits.nameBytes).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  private func texts(_ value: JSONValue) -> [String]? {
    guard let elements = value.array else { return nil }
    let texts = elements.compactMap(\.string)
    return texts.count == elements.count ? texts : nil
  }

  private mutating func schedule(_ value: JSONValue, _ path: Path) -> Action.Change? {
    guard let members = members(value, path, knows: ["field", "seconds"]) else { return nil }
    var field: Subject?
    if let value = members["field"] {
      field = value.string.flatMap { Subject(field: $0) }
      guard field != nil else {
        fail(path + [.member("field")], "must name a field, customer.NAME or details.NAME(.NAME...)")
        return nil
      }
    } else if members["seconds"] == nil {
      if value.object?.members.isEmpty == true { fail(path, "needs seconds, field or both") }
      return nil
    }
    let limit = RuleSet.Limits.scheduleSeconds
    var seconds: Int64 = 0
    if case .number(let number) = members["seconds"] {
      seconds = number.whole ?? .max
    } else if members["seconds"] != nil {
      seconds = .max
    }
    // Without a field the past would be meant.
    guard (field == nil ? 0...limit : -limit...limit).contains(seconds) else {
      fail(
        path + [.member("seconds")],
        "must be a whole number of 0 to \(limit) seconds from now, or \(-limit) to \(limit) from a field")
      return nil
    }
    return .schedule(Action.Schedule(field: field, seconds: seconds))
  }

  private mutating func defaults(_ value: JSONValue, _ path: Path) -> Action.Change? {
    guard let object = value.object, (1...RuleSet.Limits.defaults).contains(object.members.count) else {
      fail(path, "must be an object of 1 to \(RuleSet.Limits.defaults) fields with their values")
      return nil
    }
    let values = object.members.compactMap { standard($0, path + [.member($0.name)]) }
    return values.count == object.members.count ? .defaults(values) : nil
  }

  private mutating func standard(_ member: JSONObject.Member, _ path: Path) -> Action.Default? {
    if member.name == "priority" { return priority(member.value, path).map { .priority($0) } }
    let subject = Subject(field: member.name)
    switch member.value {
    case .string(let text) where text.utf8.count <= RuleSet.Limits.fieldBytes: break
    case .number(let number) where number.text.utf8.count <= RuleSet.Limits.fieldBytes: break
    case .bool: break
    default:
      fail(path, "must be a text or number of at most \(RuleSet.Limits.fieldBytes) bytes, or a boolean")
      return nil
    }
    switch subject {
    case .customer(let name) where name.utf8.count <= SubmissionDraft.Limits.customerNameBytes:
      return .customer(name, member.value)
    case .details(let names): return .details(names, member.value)
    default:
      fail(
        path,
        "can have no default; known are priority, customer.NAME with a name of at most "
          + "\(SubmissionDraft.Limits.customerNameBytes) bytes, and details.NAME(.NAME...)")
      return nil
    }
  }
}
