import ServiceQueue

@testable import Intake

/// Files of rules and requests of few words, so that they meet.
enum RandomRules {
  private static let words = ["a", "b", "ab", "ba", "abc"]

  static func file(_ random: inout SeededGenerator) -> JSONValue {
    let rules = (0..<Int.random(in: 0...6, using: &random)).map { number -> JSONValue in
      var members = [JSONObject.Member(name: "name", value: .string("rule \(number)"))]
      if Int.random(in: 0...5, using: &random) > 0 {
        members.append(.init(name: "when", value: condition(&random, depth: 3)))
      }
      members.append(.init(name: "then", value: actions(&random)))
      return .object(JSONObject(members))
    }
    return object([("rules", .array(rules))])
  }

  static func request(_ random: inout SeededGenerator) throws -> RuleRequest {
    var data: [(String, JSONValue)] = [("queue", word(&random)), ("kind", word(&random))]
    let hasPriority = Bool.random(using: &random)
    if hasPriority { data.append(("priority", number(&random))) }
    if Bool.random(using: &random) {
      data.append(("customer", object([("a", scalar(&random)), ("b.c", scalar(&random))])))
    }
    if Bool.random(using: &random) {
      data.append(("details", object([("a", scalar(&random)), ("o", object([("x", scalar(&random))]))])))
    }
    return RuleRequest(
      draft: try SubmissionDraft.parse(object(data)), hasPriority: hasPriority,
      routingKey: word(&random).string ?? "", headers: [.init(name: "h", value: .integer(.random(in: 0...5)))],
      source: Bool.random(using: &random) ? word(&random).string : nil, type: nil,
      now: Timestamp(milliseconds: 1_000))
  }

  private static func condition(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
    var names = ["queue", "kind", "priority", "routing_key", "source", "headers.h", "customer.a", "customer.b.c"]
    names += ["details.a", "details.o.x", "details.o", "details.p.q"]
    if depth > 1 { names += ["all", "any", "not"] }
    names.shuffle(using: &random)
    return object(
      names.prefix(Int.random(in: 1...2, using: &random)).map { name in
        switch name {
        case "all", "any":
          let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in condition(&random, depth: depth - 1) }
          return (name, .array(parts))
        case "not": return (name, condition(&random, depth: depth - 1))
        default: return (name, tests(name, &random))
        }
      })
  }

  private static func tests(_ name: String, _ random: inout SeededGenerator) -> JSONValue {
    let isText = ["queue", "kind", "routing_key", "source"].contains(name)
    let isPriority = name == "priority"
    func operand(_ random: inout SeededGenerator) -> JSONValue {
      isText ? word(&random) : isPriority ? number(&random) : scalar(&random)
    }
    if Bool.random(using: &random) { return operand(&random) }
    var known = ["equals", "in"]
    if !isPriority { known += ["prefix", "matches"] }
    if !isText { known += ["above", "below"] }
    if !isPriority, !isText || name == "source" { known.append("exists") }
    known.shuffle(using: &random)
    return object(
      known.prefix(Int.random(in: 1...2, using: &random)).map { test in
        switch test {
        case "in": return (test, .array((0..<3).map { _ in operand(&random) }))
        case "prefix": return (test, word(&random))
        case "matches": return (test, .string(["a*", "*b", "?", "?b*", "*a*c"].randomElement(using: &random) ?? "*"))
        case "exists": return (test, .bool(Bool.random(using: &random)))
        case "above", "below": return (test, number(&random))
        default: return (test, operand(&random))
        }
      })
  }

  private static func actions(_ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0...11, using: &random) {
    case 0: return object([("drop", .bool(true))])
    case 1: return object([("reject", word(&random))])
    default: break
    }
    var changes: [(String, JSONValue)] = [
      ("route", word(&random)), ("prioritise", number(&random)), ("stop", .bool(true)),
      ("tag", .array(Array(words.shuffled(using: &random).prefix(2).map { .string($0) }))),
      ("require", .array(Array(words.shuffled(using: &random).prefix(2).map { .string($0) }))),
      ("schedule", object([("seconds", number(&random))])),
      (
        "defaults",
        object([
          ("priority", number(&random)), ("customer.a", word(&random)), ("details.p.q", scalar(&random, orNull: false)),
        ])
      ),
    ]
    changes.shuffle(using: &random)
    return object(Array(changes.prefix(Int.random(in: 1...3, using: &random))))
  }

  private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
    .object(JSONObject(members.map { .init(name: $0.0, value: $0.1) }))
  }

  private static func word(_ random: inout SeededGenerator) -> JSONValue {
    .string(words.randomElement(using: &random) ?? "a")
  }

  private static func number(_ random: inout SeededGenerator) -> JSONValue {
    .number(JSONNumber(.random(in: 0...5, using: &random)))
  }

  private static func scalar(_ random: inout SeededGenerator, orNull: Bool = true) -> JSONValue {
    switch Int.random(in: 0...(orNull ? 3 : 2), using: &random) {
    case 0: word(&random)
    case 1: number(&random)
    case 2: .bool(Bool.random(using: &random))
    default: .null
    }
  }
}
