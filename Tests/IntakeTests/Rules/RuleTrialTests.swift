import ServiceQueue
import Testing

@testable import Intake

@Suite("Trials of rules")
struct RuleTrialTests {
  func results(_ input: String, _ set: RuleSet = RuleSet()) throws -> [RuleTrial.Result] {
    try RuleSample.read(Array(input.utf8)).map { RuleTrial(set).run($0, now: Timestamp(milliseconds: 0)) }
  }

  @Test func explain() throws {
    let set = try rules(
      #"{"name":"vip","when":{"headers.vip":true},"then":{"prioritise":9,"tag":["vip"]}}"#,
      #"{"name":"tests","when":{"kind":"test"},"then":{"drop":true}}"#,
      #"{"name":"shops","when":{"source":{"prefix":"/shop"},"type":"t"},"then":{"require":["till"],"stop":true}}"#,
      #"{"name":"late","then":{"schedule":{"seconds":60}}}"#)
    let body = #"{"specversion":"1.0","id":"7","source":"/shop","type":"t","data":{"customer":{"n":1}}}"#
    let sample =
      #"{"routing_key":"service.q.k","headers":{"vip":true},"content_type":"application/cloudevents+json","body":\#(body)}"#
    let result = try #require(results(sample, set).first)
    #expect(
      String(decoding: result.json, as: UTF8.self)
        == #"{"verdict":"accept","rules":[{"name":"vip","outcome":"matched"},"#
        + #"{"name":"tests","outcome":"not_matched","because":"when.kind.equals: it is \"k\""},"#
        + #"{"name":"shops","outcome":"matched"},{"name":"late","outcome":"not_asked"}],"#
        + #""request":{"queue":"q","kind":"k","priority":9,"requires":["till"],"customer":{"n":1},"details":{"tags":["vip"]}}}"#
    )
    #expect(
      result.text(number: 1).split(separator: "\n").prefix(3) == [
        "sample 1: accept", "  matched      vip", #"  not matched  tests: when.kind.equals: it is "k""#,
      ])
    #expect(try results(#"{"queue":"q","kind":"test"}"#, set)[0].verdict == "drop")
    let scheduled = try results(#"{"queue":"q","kind":"a"}"#, set)[0]
    #expect(scheduled.request?["scheduled_for"] == .string("1970-01-01T00:01:00.000Z"))
  }

  @Test func sayWhatTheRulesNeverSee() throws {
    let bad = try results(#"{"kind":"k"}"#)[0]
    #expect(bad.verdict == "reject" && bad.reason == "missing_field" && bad.steps.isEmpty)
    #expect(try results(#"{"body":"{"}"#)[0].reason == "malformed_json")
    #expect(try results(#"{"message_id":"","body":{}}"#)[0].reason == "missing_id")
    let refused = try results(#"{"queue":"q","kind":"k"}"#, oneRule(then: #"{"reject":"closed"}"#))[0]
    #expect(refused.reason == "rejected_by_rule" && refused.detail == "r: closed")
  }

  @Test func takeOneAnArrayOrLines() throws {
    let one = #"{"queue":"q","kind":"k"}"#
    #expect(try results(one).count == 1)
    #expect(try results("[\(one),\n\(one)]").count == 2)
    #expect(try results("\(one)\n\n\(one)\r\n\(one)\n").map(\.verdict) == ["accept", "accept", "accept"])
    #expect(try results("[]").isEmpty)
    // A data object may have a member of any name.
    #expect(try results(#"{"queue":"q","kind":"k","body":"x"}"#)[0].verdict == "accept")
  }

  @Test(arguments: [
    ("", "not valid JSON"), ("{", "not valid JSON"), ("[1]", "sample 1: must be an object"),
    ("{}\n{", "line 2: not valid"),
    (#"{"body":{},"headers":[]}"#, "sample 1: headers must be"),
    (#"{"body":{},"headers":{"a":[]}}"#, "sample 1: headers.a must be"),
    (#"{"body":{},"routing_key":1}"#, "sample 1: routing_key must be"),
  ])
  func refuse(_ input: String, _ beginning: String) {
    do throws(RuleSample.Mistake) {
      _ = try RuleSample.read(Array(input.utf8))
      Issue.record("taken")
    } catch {
      #expect(error.description.hasPrefix(beginning), "\(error)")
    }
  }
}
