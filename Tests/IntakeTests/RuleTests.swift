import ServiceQueue
import Testing

@testable import Intake

@Suite("Rules")
struct RuleTests {
  let draft: SubmissionDraft

  init() throws {
    draft = try SubmissionDraft.parse(
      JSONScanner.parse(
        Array(
          #"""
          {"queue":"front-desk","kind":"passport","priority":6,
           "customer":{"name":"Ann","vip":true,"visits":3,"a.b":1,"gone":null},
           "details":{"amount":99.5,"place":{"city":"Oslo"},"list":[1]}}
          """#.utf8)))
  }

  func rules(when: String, then: String = #"{"drop":true}"#) throws(RuleError) -> RuleSet {
    try RuleSet(json: Array(#"{"rules":[{"name":"r","when":\#(when),"then":\#(then)}]}"#.utf8))
  }

  @Test(arguments: [
    (#"{}"#, true), (#"{"queue":"front-desk"}"#, true), (#"{"queue":"other"}"#, false),
    (#"{"kind":{"in":["a","passport"]}}"#, true), (#"{"kind":{"in":["a"]}}"#, false),
    (#"{"kind":{"prefix":"pass"}}"#, true), (#"{"kind":{"prefix":"port"}}"#, false),
    (#"{"priority":6}"#, true), (#"{"priority":"high"}"#, true), (#"{"priority":"low"}"#, false),
    (#"{"priority":{"above":5,"below":7}}"#, true), (#"{"priority":{"above":6}}"#, false),
    (#"{"priority":{"in":["high",9]}}"#, true),
    (#"{"customer.vip":true}"#, true), (#"{"customer.vip":"true"}"#, false), (#"{"customer.visits":3.0}"#, true),
    (#"{"customer.visits":{"above":2.5}}"#, true), (#"{"customer.name":{"above":1}}"#, false),
    (#"{"customer.a.b":1}"#, true), (#"{"customer.gone":null}"#, true), (#"{"customer.gone":{"exists":true}}"#, true),
    (#"{"customer.absent":null}"#, false), (#"{"customer.absent":{"exists":false}}"#, true),
    (#"{"customer.name":{"exists":false}}"#, false),
    (#"{"details.amount":{"above":99}}"#, true), (#"{"details.place.city":"Oslo"}"#, true),
    (#"{"details.place":"Oslo"}"#, false), (#"{"details.list.x":1}"#, false),
    (#"{"details.list":{"exists":true}}"#, true),
    (#"{"routing_key":{"matches":"service.*.#"}}"#, true), (#"{"routing_key":{"matches":"service.*"}}"#, false),
    (#"{"queue":"front-desk","kind":"other"}"#, false), (#"{"queue":{"equals":"front-desk","prefix":"x"}}"#, false),
  ])
  func conditions(_ when: String, _ holds: Bool) throws {
    let verdict = try rules(when: when).evaluate(draft, routingKey: "service.front-desk.passport")
    #expect((verdict == .drop) == holds)
  }

  @Test func goOnInOrder() throws {
    let set = try RuleSet(
      json: Array(
        #"""
        {"rules":[
          {"name":"move","when":{"queue":"front-desk"},"then":{"route":"vip","prioritise":"urgent"}},
          {"name":"sees the change","when":{"queue":"vip","priority":9},"then":{"prioritise":0}},
          {"name":"not any more","when":{"queue":"front-desk"},"then":{"drop":true}},
          {"name":"end","when":{"kind":"passport"},"then":{"reject":"closed"}},
          {"name":"never asked","then":{"drop":true}}
        ]}
        """#.utf8))
    var matched: [Int] = []
    #expect(set.evaluate(draft, matched: { matched.append($0) }) == .reject(detail: "end: closed"))
    #expect(matched == [0, 1, 3])
    guard case .accept(let changed) = try rules(when: "{}", then: #"{"prioritise":1,"route":"x"}"#).evaluate(draft)
    else {
      throw TestFailure("not accepted")
    }
    #expect(changed.queue.rawValue == "x" && changed.priority.level == 1)
    #expect(RuleSet().evaluate(draft) == .accept(draft))
  }

  @Test func requireAddsSkills() throws {
    let set = try RuleSet(
      json: Array(
        #"""
        {"rules":[
          {"name":"german","when":{"customer.name":"Ann"},"then":{"require":["german","id.check"],"prioritise":2}},
          {"name":"again","when":{"priority":2},"then":{"require":["german"]}},
          {"name":"not hers","when":{"customer.name":"Bob"},"then":{"require":["towing"]}}
        ]}
        """#.utf8))
    var asked = draft
    asked.requires = try #require(SkillSet(["clerk"], most: 8))
    guard case .accept(let changed) = set.evaluate(asked) else { throw TestFailure("not accepted") }
    #expect(changed.requires.description == "clerk,german,id.check" && changed.priority.level == 2)

    asked.requires = try #require(SkillSet((0..<7).map { "s\($0)" }, most: 8))
    #expect(set.evaluate(asked) == .reject(detail: "german: it would require more than 8 skills"))
  }

  @Test(arguments: [
    ("[]", "the file: must be an object"), ("{", "the file: not valid JSON"), ("{}", "the file: it takes"),
    (#"{"rules":[],"more":1}"#, "the file, more: is not known"), (#"{"rules":[1]}"#, "rule 1: must be an object"),
    (#"{"rules":[{"then":{"drop":true}}]}"#, "rule 1: name"),
    (#"{"rules":[{"name":"a"}]}"#, "rule 1 (a): then"),
    (#"{"rules":[{"name":"a","then":{"drop":true}},{"name":"a","then":{"drop":true}}]}"#, "rule 2: another"),
    (#"{"rules":[{"name":"a","iff":{},"then":{"drop":true}}]}"#, "rule 1, iff: is not known"),
    (#"{"rules":[{"name":"a","then":{}}]}"#, "rule 1 (a), then: takes"),
    (#"{"rules":[{"name":"a","then":{"drop":true,"route":"q"}}]}"#, "rule 1 (a), then: takes"),
    (#"{"rules":[{"name":"a","then":{"drop":false}}]}"#, "rule 1 (a), then.drop"),
    (#"{"rules":[{"name":"a","then":{"route":"Q"}}]}"#, "rule 1 (a), then.route"),
    (#"{"rules":[{"name":"a","then":{"prioritise":10}}]}"#, "rule 1 (a), then.prioritise"),
    (#"{"rules":[{"name":"a","then":{"require":"german"}}]}"#, "rule 1 (a), then.require"),
    (#"{"rules":[{"name":"a","then":{"require":[]}}]}"#, "rule 1 (a), then.require"),
    (#"{"rules":[{"name":"a","then":{"require":["German"]}}]}"#, "rule 1 (a), then.require"),
    (#"{"rules":[{"name":"a","then":{"require":["a",1]}}]}"#, "rule 1 (a), then.require"),
    (
      #"{"rules":[{"name":"a","then":{"require":["1","2","3","4","5","6","7","8","9"]}}]}"#, "rule 1 (a), then.require"
    ),
    (#"{"rules":[{"name":"a","then":{"drop":true,"require":["a"]}}]}"#, "rule 1 (a), then: takes"),
    (#"{"rules":[{"name":"a","when":[],"then":{"drop":true}}]}"#, "rule 1 (a), when: must be an object"),
    (#"{"rules":[{"name":"a","when":{"quue":"q"},"then":{"drop":true}}]}"#, "rule 1 (a), when.quue"),
    (#"{"rules":[{"name":"a","when":{"customer.":1},"then":{"drop":true}}]}"#, "rule 1 (a), when.customer."),
    (#"{"rules":[{"name":"a","when":{"queue":{}},"then":{"drop":true}}]}"#, "rule 1 (a), when.queue: needs"),
    (#"{"rules":[{"name":"a","when":{"queue":{"is":1}},"then":{"drop":true}}]}"#, "rule 1 (a), when.queue.is"),
    (#"{"rules":[{"name":"a","when":{"queue":7},"then":{"drop":true}}]}"#, "rule 1 (a), when.queue: must be a text"),
    (
      #"{"rules":[{"name":"a","when":{"kind":{"matches":"*"}},"then":{"drop":true}}]}"#, "rule 1 (a), when.kind.matches"
    ),
    (#"{"rules":[{"name":"a","when":{"priority":{"in":[]}},"then":{"drop":true}}]}"#, "rule 1 (a), when.priority.in"),
    (#"{"rules":[{"name":"a","when":{"priority":"top"},"then":{"drop":true}}]}"#, "rule 1 (a), when.priority"),
    (
      #"{"rules":[{"name":"a","when":{"details.x":{"above":"1"}},"then":{"drop":true}}]}"#,
      "rule 1 (a), when.details.x.above"
    ),
  ])
  func mistakesAreNamed(_ json: String, _ beginning: String) {
    do {
      _ = try RuleSet(json: Array(json.utf8))
      Issue.record("taken")
    } catch {
      #expect(error.description.hasPrefix("Rules, " + beginning), "\(error)")
    }
  }

  @Test func areBounded() {
    func file(_ count: Int) -> [UInt8] {
      let rules = (0..<count).map { #"{"name":"\#($0)","then":{"drop":true}}"# }
      return Array(#"{"rules":[\#(rules.joined(separator: ","))]}"#.utf8)
    }
    #expect((try? RuleSet(json: file(1_000)))?.names.count == 1_000)
    #expect(throws: RuleError.self) { try RuleSet(json: file(1_001)) }
  }

  @Test(arguments: [
    ("a.b", "a.b", true), ("a.b", "a.c", false), ("*", "a", true), ("*", "a.b", false), ("#", "", true),
    ("#", "a.b.c", true), ("a.#", "a", true), ("a.#.z", "a.z", true), ("a.#.z", "a.b.c.z", true),
    ("a.#.z", "a.b", false), ("#.b.#", "a.b.c", true), ("*.*", "a", false), ("a.*.c", "a.b.c", true),
    ("#.#.#.#.#.x", "a.a.a.a.a.a.a.a.a.a.a.a", false),
  ])
  func patterns(_ pattern: String, _ key: String, _ matches: Bool) {
    #expect(TopicPattern(pattern).matches(key) == matches)
  }
}
