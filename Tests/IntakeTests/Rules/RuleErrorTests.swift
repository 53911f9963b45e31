import ServiceQueue
import Testing

@testable import Intake

@Suite("Errors of files of rules")
struct RuleErrorTests {
  func errors(_ json: String) -> [String] {
    do throws(RuleFileError) {
      _ = try RuleSet(json: Array(json.utf8))
      return []
    } catch {
      return error.errors.map(\.description)
    }
  }

  @Test func nameLineColumnAndPlace() {
    let file = """
      {"rules": [
        {"name": "day", "then": {"drop": true}},
        {"name": "night shift",
         "when": {
           "kind": "a",
           "priority": "top",
           "any": [{"queue": "x"}, {"quue": 7}]
         },
         "thn": {}, "then": {"route": "Q", "tag": []}},
        7,
        {"name": "day", "then": {"drop": true}}
      ]}
      """
    #expect(
      errors(file).map { $0.prefix { $0 != ";" } } == [
        "6:6: rule 2 (night shift), when.priority: must be 0 to 9, or low, normal, high or urgent",
        "7:31: rule 2 (night shift), when.any[2].quue: is no condition",
        "9:4: rule 2 (night shift), thn: is not known here",
        "9:24: rule 2 (night shift), then.route: must name a queue: 1 to 64 of a-z, 0-9, - and _, beginning with a letter "
          + "or digit",
        "9:38: rule 2 (night shift), then.tag: must be an array of 1 to 16 different texts of 1 to 64 bytes without "
          + "control characters",
        "10:3: rule 3: must be an object, not a number",
        "11:4: rule 4 (day), name: rule 1 has this name already",
      ])
  }

  @Test func countCharactersAndReadEscapes() {
    #expect(
      errors(#"{"rules":[{"name":"a","when":{"source":"\#u{1F600}\"}]","kind":1},"then":{"drop":true}}]}"#)
        == ["1:48: rule 1 (a), when.kind: must be a text, not a number"])
    #expect(
      errors("{\"rules\":[{\"name\":\"a\",\n\t\"when\":{\"k\\u0069nd\":1},\"then\":{\"drop\":true}}]}")
        == ["2:10: rule 1 (a), when.kind: must be a text, not a number"])
  }

  @Test func ofJSONAreLocated() {
    #expect(
      errors("{\"rules\": [\n  {\"name\": }\n]}")
        == ["2:12: the file: not valid JSON: a byte that cannot stand there (at byte 23)"])
    #expect(errors("{\"a\":1,\n\"a\":2}").first?.hasPrefix("2:1: the file: not valid JSON: an object has two") == true)
  }

  @Test func areBounded() {
    let bad = (0..<100).map { #"{"name":"\#($0)","then":{}}"# }.joined(separator: ",\n")
    do throws(RuleFileError) {
      _ = try RuleSet(json: Array(#"{"rules":[\#(bad)]}"#.utf8))
      Issue.record("taken")
    } catch {
      #expect(error.errors.map(\.line) == Array(1...20) && error.more == 80)
      #expect(
        error.lines(file: "f").first?.hasPrefix("f:1:") == true && error.lines(file: "f").last == "f: and 80 more")
    }
  }

  /// When, then, the place of the error in the rule, and how it begins.
  static let mistakes: [(when: String, then: String, error: String)] = [
    (#"{}"#, #"{"drop":true}"#, "when: needs a condition"), (#"[]"#, #"{"drop":true}"#, "when: must be an object"),
    (#"{"customer.":1}"#, #"{"drop":true}"#, "when.customer.: is no condition"),
    (#"{"details":1}"#, #"{"drop":true}"#, "when.details: is no condition"),
    (#"{"details.a..b":1}"#, #"{"drop":true}"#, "when.details.a..b: is no condition"),
    (#"{"headers.":1}"#, #"{"drop":true}"#, "when.headers.: is no condition"),
    (#"{"queue":{}}"#, #"{"drop":true}"#, "when.queue: needs a test"),
    (#"{"queue":{"is":1}}"#, #"{"drop":true}"#, "when.queue.is: is no test"),
    (#"{"queue":{"exists":true}}"#, #"{"drop":true}"#, "when.queue.exists: is no test"),
    (#"{"kind":{"above":1}}"#, #"{"drop":true}"#, "when.kind.above: is no test"),
    (#"{"priority":{"prefix":"1"}}"#, #"{"drop":true}"#, "when.priority.prefix: is no test"),
    (#"{"scheduled_for":"x"}"#, #"{"drop":true}"#, "when.scheduled_for: must be"),
    (#"{"kind":{"in":[]}}"#, #"{"drop":true}"#, "when.kind.in: must be an array"),
    (#"{"kind":{"in":["a",7]}}"#, #"{"drop":true}"#, "when.kind.in[2]: must be a text"),
    (#"{"details.x":[1]}"#, #"{"drop":true}"#, "when.details.x: must be a text, number"),
    (#"{"details.x":{"above":"1"}}"#, #"{"drop":true}"#, "when.details.x.above: must be a number"),
    (#"{"details.x":{"above":1e999}}"#, #"{"drop":true}"#, "when.details.x.above: must be a number"),
    (#"{"details.x":{"exists":1}}"#, #"{"drop":true}"#, "when.details.x.exists: must be true or false"),
    (#"{"kind":{"prefix":""}}"#, #"{"drop":true}"#, "when.kind.prefix: must be a text"),
    (#"{"kind":{"matches":"[a"}}"#, #"{"drop":true}"#, "when.kind.matches: the pattern has a set"),
    (#"{"kind":{"matches":1}}"#, #"{"drop":true}"#, "when.kind.matches: must be a text"),
    (#"{"any":[]}"#, #"{"drop":true}"#, "when.any: must be an array"),
    (#"{"all":[{}]}"#, #"{"drop":true}"#, "when.all[1]: needs a condition"),
    (#"{"not":[]}"#, #"{"drop":true}"#, "when.not: must be an object"),
    (#"{"kind":"a"}"#, #"[]"#, "then: must be an object"), (#"{"kind":"a"}"#, #"{}"#, "then: needs an action"),
    (#"{"kind":"a"}"#, #"{"drop":false}"#, "then.drop: must be true"),
    (#"{"kind":"a"}"#, #"{"drop":true,"route":"q"}"#, "then.drop: ends the matter"),
    (#"{"kind":"a"}"#, #"{"reject":"x","stop":true}"#, "then.reject: ends the matter"),
    (#"{"kind":"a"}"#, #"{"reject":7}"#, "then.reject: must be a text"),
    (#"{"kind":"a"}"#, #"{"prioritise":10}"#, "then.prioritise: must be 0 to 9"),
    (#"{"kind":"a"}"#, #"{"require":["German"]}"#, "then.require: must be an array"),
    (#"{"kind":"a"}"#, #"{"require":["1","2","3","4","5","6","7","8","9"]}"#, "then.require: must be an array"),
    (#"{"kind":"a"}"#, #"{"tag":["a","a"]}"#, "then.tag: must be an array"),
    (#"{"kind":"a"}"#, #"{"tag":["a\u0007"]}"#, "then.tag: must be an array"),
    (#"{"kind":"a"}"#, #"{"schedule":{}}"#, "then.schedule: needs seconds"),
    (#"{"kind":"a"}"#, #"{"schedule":{"seconds":-1}}"#, "then.schedule.seconds: must be a whole number"),
    (#"{"kind":"a"}"#, #"{"schedule":{"seconds":1.5}}"#, "then.schedule.seconds: must be a whole number"),
    (#"{"kind":"a"}"#, #"{"schedule":{"seconds":"1"}}"#, "then.schedule.seconds: must be a whole number"),
    (#"{"kind":"a"}"#, #"{"schedule":{"field":"kind"}}"#, "then.schedule.field: must name a field"),
    (#"{"kind":"a"}"#, #"{"defaults":{}}"#, "then.defaults: must be an object"),
    (#"{"kind":"a"}"#, #"{"defaults":{"queue":"x"}}"#, "then.defaults.queue: can have no default"),
    (#"{"kind":"a"}"#, #"{"defaults":{"details.x":null}}"#, "then.defaults.details.x: must be a text"),
    (#"{"kind":"a"}"#, #"{"defaults":{"priority":"top"}}"#, "then.defaults.priority: must be 0 to 9"),
  ]

  @Test(arguments: mistakes)
  func nameEveryMistake(_ mistake: (when: String, then: String, error: String)) {
    let found = errors(#"{"rules":[{"name":"a","when":\#(mistake.when),"then":\#(mistake.then)}]}"#)
    #expect(found.count == 1 && found[0].contains(": rule 1 (a), " + mistake.error), "\(found)")
  }

  @Test(arguments: [
    ("[]", "1:1: the file: must be an object"), ("{}", "1:1: the file: it takes"),
    (#"{"rules":7}"#, "1:2: the file, rules: must be an array"),
    (#"{"rules":[],"more":1}"#, "1:13: the file, more: is not known"),
    (#"{"$schema":1,"rules":[]}"#, "1:2: the file, $schema: must be a text"),
    (#"{"rules":[{"then":{"drop":true}}]}"#, "1:11: rule 1: name is missing"),
    (#"{"rules":[{"name":"a"}]}"#, "1:11: rule 1 (a): then is missing"),
    (#"{"rules":[{"name":"","then":{"drop":true}}]}"#, "1:12: rule 1, name: must be a text"),
  ])
  func ofTheFile(_ json: String, _ beginning: String) {
    #expect(errors(json).count == 1 && errors(json)[0].hasPrefix(beginning), "\(errors(json))")
  }

  @Test func boundTheFile() {
    func file(_ count: Int, _ when: String = #"{"kind":"a"}"#) -> String {
      let rules = (0..<count).map { #"{"name":"\#($0)","when":\#(when),"then":{"drop":true}}"# }
      return #"{"rules":[\#(rules.joined(separator: ","))]}"#
    }
    func conditions(_ count: Int) -> String {
      #"{"any":[\#((0..<count).map { #"{"kind":"\#($0)"}"# }.joined(separator: ","))]}"#
    }
    func nested(_ depth: Int) -> String {
      depth == 1 ? #"{"kind":"a"}"# : #"{"not":\#(nested(depth - 1))}"#
    }
    let pattern = #"{"kind":{"matches":"*"}}"#
    for good in [file(1_000), file(1, conditions(64)), file(1, nested(8)), file(1_000, pattern)] {
      #expect(errors(good).isEmpty)
    }
    let two = #"{"any":[\#(pattern),\#(pattern)]}"#
    for bad in [file(1_001), file(1, conditions(65)), file(1, nested(9)), file(501, two)] {
      #expect(errors(bad).count == 1)
    }
    #expect(errors(#"{"rules":[]}"# + String(repeating: " ", count: RuleSet.Limits.bytes)).count == 1)
  }
}
