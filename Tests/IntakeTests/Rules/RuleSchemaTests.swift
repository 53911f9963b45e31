import ServiceQueue
import Testing

@testable import Intake

/// The schema names what the code names. That it takes and refuses the same files is tested with a validator in
/// `Tests/Acceptance/test_rules.py`.
@Suite("The schema of rules")
struct RuleSchemaTests {
  let schema: JSONValue

  init() throws { schema = try JSONScanner.parse(RuleSet.schema) }

  func names(_ path: String...) -> Set<String> {
    Set(path.reduce(schema) { $0[$1] ?? .null }.object?.members.map(\.name) ?? [])
  }

  @Test func hasTheConditionsAndActions() {
    #expect(names("$defs", "condition", "properties") == Set(Subject.fixed.keys).union(["all", "any", "not"]))
    #expect(names("$defs", "actions", "properties") == RuleReader.actionNames)
    #expect(names("$defs", "text", "then", "properties") == Subject.Kind.text.tests)
    #expect(names("$defs", "optionalText", "then", "properties") == Subject.Kind.optionalText.tests)
    #expect(names("$defs", "priorityTests", "then", "properties") == Subject.Kind.priority.tests)
    #expect(names("$defs", "any", "then", "properties") == Subject.Kind.any.tests)
  }

  @Test func hasTheLimits() {
    func limit(_ path: String...) -> Int? { path.reduce(schema) { $0[$1] ?? .null }.integer }
    #expect(limit("properties", "rules", "maxItems") == RuleSet.Limits.rules)
    #expect(limit("$defs", "conditions", "maxItems") == RuleSet.Limits.list)
    #expect(limit("$defs", "rule", "properties", "name", "maxLength") == RuleSet.Limits.nameBytes)
    #expect(limit("$defs", "actions", "properties", "tag", "maxItems") == RuleSet.Limits.tags)
    #expect(limit("$defs", "actions", "properties", "reject", "maxLength") == RuleSet.Limits.rejectBytes)
    #expect(limit("$defs", "actions", "properties", "defaults", "maxProperties") == RuleSet.Limits.defaults)
    #expect(limit("$defs", "standard", "maxLength") == RuleSet.Limits.fieldBytes)
    #expect(
      limit("$defs", "actions", "properties", "schedule", "properties", "seconds", "maximum")
        == Int(RuleSet.Limits.scheduleSeconds))
  }
}

extension JSONValue {
  fileprivate var integer: Int? { if case .number(let number) = self { number.int.map(Int.init) } else { nil } }
}
