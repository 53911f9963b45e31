import ServiceQueue

extension RuleSet {
  /// Reads a file of rules; `docs/rules.md` has the language, `rules.schema.json` its shape.
  ///
  /// Unknown members are errors: a misspelt condition must not make a rule that always holds.
  ///
  /// - Parameter json: the bytes of the file.
  /// - Throws: all that is wrong, in the order of the file.
  public init(json: [UInt8]) throws(RuleFileError) {
    let document: JSONValue
    do {
      document = try JSONScanner.parse(json, limits: .init(bytes: Limits.bytes, depth: 32))
    } catch {
      let (line, column) = JSONLocator(json).position(of: error.offset)
      throw RuleFileError(
        errors: [RuleError(line: line, column: column, place: "the file", message: error.description)], more: 0)
    }
    var reader = RuleReader()
    let rules = reader.file(document)
    guard reader.problems.isEmpty else { throw reader.error(json) }
    self.init(rules: rules, fingerprint: Self.fingerprint(of: json))
  }

  private static func fingerprint(of bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }
}

/// Reads a document as rules and notes what is wrong, each problem with its place; what could not be read is nil.
struct RuleReader {
  typealias Path = [PathStep]

  private(set) var problems: [(path: Path, message: String)] = []
  private var names: [Int: String] = [:]
  var patterns = 0
  /// Those of the rule at hand.
  var conditions = 0

  mutating func fail(_ path: Path, _ message: String) { problems.append((path, message)) }

  /// The members of an object, each of which must be known.
  mutating func members(_ value: JSONValue, _ path: Path, knows known: Set<String>) -> [String: JSONValue]? {
    guard let object = value.object else {
      fail(path, "must be an object, not \(Self.article(value))")
      return nil
    }
    var members: [String: JSONValue] = [:]
    for member in object.members {
      if known.contains(member.name) {
        members[member.name] = member.value
      } else {
        fail(path + [.member(member.name)], "is not known here; known are \(known.sorted().joined(separator: ", "))")
      }
    }
    return members
  }

  static func article(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .object, .array: "an \(value.typeName)"
    default: "a \(value.typeName)"
    }
  }

  // MARK: - The file and its rules

  mutating func file(_ document: JSONValue) -> [RuleSet.Rule] {
    // Editors look for the schema in `$schema`.
    guard let members = members(document, [], knows: ["$schema", "rules"]) else { return [] }
    if let schema = members["$schema"], schema.string == nil { fail([.member("$schema")], "must be a text") }
    guard let list = members["rules"] else {
      fail([], "it takes {\"rules\": [...]}")
      return []
    }
    guard let list = list.array else {
      fail([.member("rules")], "must be an array, not \(Self.article(list))")
      return []
    }
    guard list.count <= RuleSet.Limits.rules else {
      fail([.member("rules")], "at most \(RuleSet.Limits.rules) rules, not \(list.count)")
      return []
    }
    return list.enumerated().compactMap { rule($1, number: $0) }
  }

  private mutating func rule(_ value: JSONValue, number: Int) -> RuleSet.Rule? {
    let path: Path = [.member("rules"), .element(number)]
    let before = problems.count
    // The name first: the other problems tell it.
    let name = self.name(value, number, path)
    guard let members = members(value, path, knows: ["name", "when", "then"]) else { return nil }
    conditions = 0
    let condition = members["when"].flatMap { self.condition($0, path + [.member("when")], depth: 1) }
    guard let then = members["then"] else {
      fail(path, "then is missing")
      return nil
    }
    let actions = self.actions(then, path + [.member("then")])
    guard problems.count == before, let name else { return nil }
    return RuleSet.Rule(name: name, condition: condition, actions: actions)
  }

  private mutating func name(_ value: JSONValue, _ number: Int, _ path: Path) -> String? {
    guard let object = value.object else { return nil }
    guard let found = object["name"] else {
      fail(path, "name is missing")
      return nil
    }
    let path = path + [.member("name")]
    guard let name = found.string, (1...RuleSet.Limits.nameBytes).contains(name.utf8.count),
      name.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      fail(path, "must be a text of 1 to \(RuleSet.Limits.nameBytes) printable ASCII characters")
      return nil
    }
    if let other = names.first(where: { $0.value == name }) {
      fail(path, "rule \(other.key + 1) has this name already")
    }
    names[number] = name
    return name
  }

  // MARK: - Errors

  func error(_ json: [UInt8]) -> RuleFileError {
    var locator = JSONLocator(json)
    let located = problems.map { (offset: locator.offset(of: $0.path), problem: $0) }
      .sorted { $0.offset < $1.offset }
    let errors = located.prefix(RuleSet.Limits.errors).map { offset, problem in
      let (line, column) = locator.position(of: offset)
      return RuleError(line: line, column: column, place: place(problem.path), message: problem.message)
    }
    return RuleFileError(errors: Array(errors), more: problems.count - errors.count)
  }

  /// `rule 3 (night shift), when.any[2].priority`.
  private func place(_ path: Path) -> String {
    var rest = path[...]
    var text = "the file"
    if path.count > 1, path[0] == .member("rules"), case .element(let number) = path[1] {
      text = "rule \(number + 1)" + (names[number].map { " (\($0))" } ?? "")
      rest = path.dropFirst(2)
    }
    for (place, step) in rest.enumerated() {
      switch step {
      case .member(let name): text += (place == 0 ? ", " : ".") + name.prefix(64)
      case .element(let number): text += "[\(number + 1)]"
      }
    }
    return text
  }
}
