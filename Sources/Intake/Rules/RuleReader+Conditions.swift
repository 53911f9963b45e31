import ServiceQueue

extension RuleReader {
  /// An object whose members must all hold. Nil when something is wrong with it.
  mutating func condition(_ value: JSONValue, _ path: Path, depth: Int) -> Condition? {
    guard let object = value.object else {
      fail(path, "must be an object, not \(Self.article(value))")
      return nil
    }
    guard !object.members.isEmpty else {
      fail(path, "needs a condition; leave out `when` for a rule that always holds")
      return nil
    }
    guard depth <= RuleSet.Limits.depth else {
      fail(path, "conditions are nested at most \(RuleSet.Limits.depth) deep")
      return nil
    }
    let parts = object.members.compactMap { part($0, path + [.member($0.name)], depth: depth) }
    guard parts.count == object.members.count else { return nil }
    return parts.count == 1 ? parts[0] : .members(parts)
  }

  private mutating func part(_ member: JSONObject.Member, _ path: Path, depth: Int) -> Condition? {
    switch member.name {
    case "all": return list(member.value, path, depth: depth).map { .all($0) }
    case "any": return list(member.value, path, depth: depth).map { .any($0) }
    case "not": return condition(member.value, path, depth: depth + 1).map { .not($0) }
    default: break
    }
    conditions += 1
    // Told once: beyond it nothing is looked at.
    guard conditions <= RuleSet.Limits.conditions else {
      if conditions == RuleSet.Limits.conditions + 1 {
        fail(path, "a rule has at most \(RuleSet.Limits.conditions) conditions")
      }
      return nil
    }
    guard let subject = Subject(member.name) else {
      fail(
        path,
        "is no condition; known are \(Subject.fixed.keys.sorted().joined(separator: ", ")), headers.NAME, customer.NAME, "
          + "details.NAME(.NAME...), all, any and not")
      return nil
    }
    guard let tests = member.value.object else {
      return operand(member.value, subject, path).map { .test(subject, [.equals($0)]) }
    }
    guard !tests.members.isEmpty else {
      fail(path, "needs a test: \(subject.kind.tests.sorted().joined(separator: ", "))")
      return nil
    }
    let read = tests.members.compactMap { test($0, subject, path + [.member($0.name)]) }
    return read.count == tests.members.count ? .test(subject, read) : nil
  }

  private mutating func list(_ value: JSONValue, _ path: Path, depth: Int) -> [Condition]? {
    guard let elements = value.array, (1...RuleSet.Limits.list).contains(elements.count) else {
      fail(path, "must be an array of 1 to \(RuleSet.Limits.list) conditions")
      return nil
    }
    let parts = elements.enumerated().compactMap { condition($1, path + [.element($0)], depth: depth + 1) }
    return parts.count == elements.count ? parts : nil
  }

  private mutating func test(_ member: JSONObject.Member, _ subject: Subject, _ path: Path) -> Condition.Test? {
    guard subject.kind.tests.contains(member.name) else {
      fail(path, "is no test of \(subject), which takes \(subject.kind.tests.sorted().joined(separator: ", "))")
      return nil
    }
    switch member.name {
    case "equals": return operand(member.value, subject, path).map { .equals($0) }
    case "in": return operands(member.value, subject, path).map { .isIn(OperandList($0)) }
    case "matches": return pattern(member.value, path).map { .matches($0) }
    case "prefix":
      guard let text = member.value.string, !text.isEmpty else {
        fail(path, "must be a text that is not empty")
        return nil
      }
      return .prefix(text)
    case "exists":
      guard let expected = member.value.bool else {
        fail(path, "must be true or false")
        return nil
      }
      return .exists(expected)
    default:
      guard let bound = bound(member.value, subject, path) else { return nil }
      return member.name == "above" ? .above(bound) : .below(bound)
    }
  }

  private mutating func operands(_ value: JSONValue, _ subject: Subject, _ path: Path) -> [Operand]? {
    guard let elements = value.array, (1...RuleSet.Limits.list).contains(elements.count) else {
      fail(path, "must be an array of 1 to \(RuleSet.Limits.list) values")
      return nil
    }
    let operands = elements.enumerated().compactMap { operand($1, subject, path + [.element($0)]) }
    return operands.count == elements.count ? operands : nil
  }

  /// A value to compare with: names of priorities become numbers, and what could never be equal is an error.
  private mutating func operand(_ value: JSONValue, _ subject: Subject, _ path: Path) -> Operand? {
    switch subject.kind {
    case .priority:
      return priority(value, path).flatMap { Operand(.number(JSONNumber(Int64($0.level)))) }
    case .text, .optionalText:
      guard value.string != nil else {
        fail(path, "must be a text, not \(Self.article(value))")
        return nil
      }
    case .moment:
      fail(path, "must be {\"exists\": true} or {\"exists\": false}")
      return nil
    case .any: break
    }
    guard let operand = Operand(value) else {
      fail(path, "must be a text, number, boolean or null, not \(Self.article(value))")
      return nil
    }
    return operand
  }

  private mutating func bound(_ value: JSONValue, _ subject: Subject, _ path: Path) -> Double? {
    if subject.kind == .priority { return priority(value, path).map { Double($0.level) } }
    guard case .number(let number) = value, number.double.isFinite else {
      fail(path, "must be a number")
      return nil
    }
    return number.double
  }

  private mutating func pattern(_ value: JSONValue, _ path: Path) -> Pattern? {
    guard let text = value.string else {
      fail(path, "must be a text, not \(Self.article(value))")
      return nil
    }
    patterns += 1
    guard patterns <= RuleSet.Limits.patterns else {
      if patterns == RuleSet.Limits.patterns + 1 {
        fail(path, "a file has at most \(RuleSet.Limits.patterns) patterns")
      }
      return nil
    }
    do throws(Pattern.Mistake) {
      return try Pattern(text)
    } catch {
      fail(path, "the pattern \(error.message)")
      return nil
    }
  }

  mutating func priority(_ value: JSONValue, _ path: Path) -> Priority? {
    let priority: Priority? =
      switch value {
      case .string(let name): Priority(name: name)
      case .number(let number): number.whole.flatMap { Int(exactly: $0) }.flatMap { Priority($0) }
      default: nil
      }
    if priority == nil { fail(path, "must be 0 to 9, or low, normal, high or urgent") }
    return priority
  }
}
