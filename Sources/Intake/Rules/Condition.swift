import ServiceQueue

/// What must hold of a request.
indirect enum Condition: Hashable, Sendable {
  /// All tests must hold of the subject.
  case test(Subject, [Test])
  /// All must hold.
  case all([Condition])
  /// The members of one object in the file, which must all hold; unlike `all` it has no name there.
  case members([Condition])
  /// One must hold.
  case any([Condition])
  case not(Condition)

  enum Test: Hashable, Sendable {
    case equals(Operand)
    case isIn(OperandList)
    case prefix(String)
    case matches(Pattern)
    case above(Double)
    case below(Double)
    case exists(Bool)
  }

  func holds(for request: RuleRequest) -> Bool {
    switch self {
    case .test(let subject, let tests):
      let value = request.value(of: subject)
      return tests.allSatisfy { $0.holds(for: value) }
    case .all(let parts), .members(let parts): return parts.allSatisfy { $0.holds(for: request) }
    case .any(let parts): return parts.contains { $0.holds(for: request) }
    case .not(let part): return !part.holds(for: request)
    }
  }

  /// The first part that does not hold, as a path in the file, and why; nil when all holds. Elements are counted from 1.
  func failure(for request: RuleRequest, at path: String = "when") -> String? {
    switch self {
    case .test(let subject, let tests):
      let value = request.value(of: subject)
      return tests.first { !$0.holds(for: value) }
        .map { "\(path).\(subject).\($0.name): it is \(value.map(Self.shown) ?? "absent")" }
    case .members(let parts): return parts.lazy.compactMap { $0.failure(for: request, at: path) }.first
    case .all(let parts):
      return parts.enumerated().lazy.compactMap { $1.failure(for: request, at: "\(path).all[\($0 + 1)]") }.first
    case .any(let parts): return holds(for: request) ? nil : "\(path).any: none of the \(parts.count) holds"
    case .not: return holds(for: request) ? nil : "\(path).not: it holds"
    }
  }

  private static func shown(_ value: JSONValue) -> String {
    switch value {
    case .object, .array: "an \(value.typeName)"
    default: String(decoding: value.compactJSON.prefix(200), as: UTF8.self)
    }
  }
}

extension Condition.Test {
  /// Only `exists` can hold for what is absent.
  func holds(for value: JSONValue?) -> Bool {
    if case .exists(let expected) = self { return (value != nil) == expected }
    guard let value else { return false }
    switch self {
    case .equals(let expected): return expected.equals(value)
    case .isIn(let list): return list.contains(value)
    case .prefix(let prefix): return value.string?.utf8.starts(with: prefix.utf8) ?? false
    case .matches(let pattern): return value.string.map { pattern.matches($0) } ?? false
    case .above(let bound): return Self.number(value).map { $0 > bound } ?? false
    case .below(let bound): return Self.number(value).map { $0 < bound } ?? false
    case .exists: return true
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    if case .number(let number) = value { number.double } else { nil }
  }

  /// As in the file.
  var name: String {
    switch self {
    case .equals: "equals"
    case .isIn: "in"
    case .prefix: "prefix"
    case .matches: "matches"
    case .above: "above"
    case .below: "below"
    case .exists: "exists"
    }
  }
}
