import Testing

@testable import Intake

@Suite("Conditions of rules")
struct ConditionTests {
  @Test(arguments: [
    (#"{"queue":"front-desk"}"#, true), (#"{"queue":"other"}"#, false),
    (#"{"kind":{"in":["a","passport"]}}"#, true), (#"{"kind":{"in":["a"]}}"#, false),
    (#"{"kind":{"prefix":"pass"}}"#, true), (#"{"kind":{"prefix":"port"}}"#, false),
    (#"{"kind":{"matches":"pass*"}}"#, true), (#"{"kind":{"matches":"pass"}}"#, false),
    (#"{"priority":6}"#, true), (#"{"priority":6.0}"#, true), (#"{"priority":"high"}"#, true),
    (#"{"priority":"low"}"#, false), (#"{"priority":{"above":5,"below":7}}"#, true),
    (#"{"priority":{"above":6}}"#, false), (#"{"priority":{"above":"normal","below":"urgent"}}"#, true),
    (#"{"priority":{"in":["high",9]}}"#, true),
    (#"{"customer.vip":true}"#, true), (#"{"customer.vip":"true"}"#, false), (#"{"customer.visits":3.0}"#, true),
    (#"{"customer.visits":{"above":2.5}}"#, true), (#"{"customer.name":{"above":1}}"#, false),
    (#"{"customer.visits":{"in":["3",3]}}"#, true), (#"{"customer.visits":{"in":["3"]}}"#, false),
    (#"{"customer.a.b":1}"#, true), (#"{"customer.gone":null}"#, true), (#"{"customer.gone":{"exists":true}}"#, true),
    (#"{"customer.absent":null}"#, false), (#"{"customer.absent":{"exists":false}}"#, true),
    (#"{"customer.name":{"exists":false}}"#, false),
    (#"{"details.amount":{"above":99}}"#, true), (#"{"details.place.city":"Oslo"}"#, true),
    (#"{"details.place":"Oslo"}"#, false), (#"{"details.list.x":1}"#, false),
    (#"{"details.list":{"exists":true}}"#, true),
    (#"{"routing_key":{"matches":"service.*.passport"}}"#, true), (#"{"routing_key":{"matches":"service.?"}}"#, false),
    (#"{"headers.region":"north"}"#, true), (#"{"headers.Region":"north"}"#, false),
    (#"{"headers.x.retry":{"above":1}}"#, true), (#"{"headers.urgent":true}"#, true),
    (#"{"headers.none":{"exists":false}}"#, true),
    (#"{"source":{"prefix":"/shops/"}}"#, true), (#"{"type":{"exists":false}}"#, true), (#"{"type":"t"}"#, false),
    (#"{"scheduled_for":{"exists":false}}"#, true), (#"{"scheduled_for":{"exists":true}}"#, false),
    (#"{"queue":"front-desk","kind":"other"}"#, false), (#"{"queue":{"equals":"front-desk","prefix":"x"}}"#, false),
    (#"{"all":[{"queue":"front-desk"},{"kind":"passport"}]}"#, true),
    (#"{"all":[{"queue":"front-desk"},{"kind":"other"}]}"#, false),
    (#"{"any":[{"queue":"other"},{"kind":"passport"}]}"#, true), (#"{"any":[{"queue":"other"},{"kind":"x"}]}"#, false),
    (#"{"not":{"queue":"other"}}"#, true), (#"{"not":{"queue":"front-desk","kind":"other"}}"#, true),
    (#"{"not":{"queue":"front-desk"}}"#, false), (#"{"not":{"customer.absent":1}}"#, true),
    (#"{"queue":"front-desk","any":[{"kind":"x"},{"not":{"any":[{"priority":1},{"priority":2}]}}]}"#, true),
    (#"{"kind":"passport","not":{"customer.vip":true}}"#, false),
  ])
  func hold(_ when: String, _ holds: Bool) throws {
    let request = try sampleRequest()
    let set = try oneRule(when: when)
    #expect((set.evaluate(request) == .drop) == holds)
    // What explains a rule and what asks it agree.
    #expect((set.rules[0].condition?.failure(for: request) == nil) == holds)
  }

  @Test func textsAreEqualByTheirBytes() throws {
    let composed = try sampleRequest { $0.source = "caf\u{E9}" }
    #expect(try oneRule(when: #"{"source":"caf\u00e9"}"#).evaluate(composed) == .drop)
    #expect(try oneRule(when: #"{"source":"cafe\u0301"}"#).evaluate(composed) != .drop)
    #expect(try oneRule(when: #"{"source":{"in":["cafe\u0301","x"]}}"#).evaluate(composed) != .drop)
  }

  @Test(arguments: [
    (#"{"queue":"front-desk","kind":"other"}"#, #"when.kind.equals: it is "passport""#),
    (#"{"priority":{"above":5,"below":6}}"#, "when.priority.below: it is 6"),
    (#"{"details.place":"Oslo"}"#, "when.details.place.equals: it is an object"),
    (#"{"headers.none":"x"}"#, "when.headers.none.equals: it is absent"),
    (#"{"any":[{"kind":"a"},{"kind":"b"}]}"#, "when.any: none of the 2 holds"),
    (#"{"not":{"kind":"passport"}}"#, "when.not: it holds"),
    (
      #"{"all":[{"kind":"passport"},{"all":[{"queue":"x"}]}]}"#, #"when.all[2].all[1].queue.equals: it is "front-desk""#
    ),
  ])
  func tellWhatDoesNotHold(_ when: String, _ expected: String) throws {
    #expect(try oneRule(when: when).rules[0].condition?.failure(for: sampleRequest()) == expected)
  }
}
