import ServiceQueue
import Testing

@testable import Intake

@Suite("Actions of rules")
struct ActionTests {
  @Test func goOnInOrder() throws {
    let set = try rules(
      #"{"name":"move","when":{"queue":"front-desk"},"then":{"route":"vip","prioritise":"urgent"}}"#,
      #"{"name":"sees the change","when":{"queue":"vip","priority":9},"then":{"prioritise":0}}"#,
      #"{"name":"not any more","when":{"queue":"front-desk"},"then":{"drop":true}}"#,
      #"{"name":"end","when":{"kind":"passport"},"then":{"reject":"closed"}}"#,
      #"{"name":"never asked","then":{"drop":true}}"#)
    var matched: [Int] = []
    #expect(try set.evaluate(sampleRequest(), matched: { matched.append($0) }) == .reject(detail: "end: closed"))
    #expect(matched == [0, 1, 3])
    #expect(try RuleSet().changed(sampleRequest()) == sampleRequest())
    #expect(try oneRule(then: #"{"reject":""}"#).evaluate(sampleRequest()) == .reject(detail: "r"))
  }

  @Test func stopSparesTheRulesBehind() throws {
    let set = try rules(
      #"{"name":"vip","when":{"customer.vip":true},"then":{"stop":true,"prioritise":9}}"#,
      #"{"name":"all","then":{"drop":true}}"#)
    #expect(try set.changed(sampleRequest()).draft.priority.level == 9)
    #expect(try set.evaluate(sampleRequest { $0.draft.customer = nil }) == .drop)
  }

  @Test func requireAddsSkills() throws {
    let set = try rules(
      #"{"name":"german","when":{"customer.name":"Ann"},"then":{"require":["german","id.check"],"prioritise":2}}"#,
      #"{"name":"again","when":{"priority":2},"then":{"require":["german"]}}"#)
    let asked = try sampleRequest { $0.draft.requires = SkillSet(["clerk"], most: 8) ?? .none }
    #expect(try set.changed(asked).draft.requires.description == "clerk,german,id.check")
    let many = try sampleRequest { $0.draft.requires = SkillSet((0..<7).map { "s\($0)" }, most: 8) ?? .none }
    #expect(set.evaluate(many) == .reject(detail: "german: it would require more than 8 skills"))
  }

  @Test(arguments: [
    (#"{"seconds":0}"#, 86_400), (#"{"seconds":90}"#, 86_490), (#"{"seconds":6e1}"#, 86_460),
    (#"{"field":"details.when"}"#, 172_800), (#"{"field":"details.when","seconds":-900}"#, 171_900),
    (#"{"field":"details.when","seconds":-31622400}"#, 0),
  ])
  func schedules(_ schedule: String, _ seconds: Int64) throws {
    let request = try sampleRequest { $0.draft.scheduledFor = Timestamp(milliseconds: 5) }
    let changed = try oneRule(then: #"{"schedule":\#(schedule)}"#).changed(request)
    #expect(changed.draft.scheduledFor == Timestamp(milliseconds: seconds * 1_000))
  }

  @Test(arguments: ["details.absent", "details.amount", "customer.name"])
  func aFieldWithoutATimeIsRejected(_ field: String) throws {
    let set = try oneRule(then: #"{"route":"x","schedule":{"field":"\#(field)"}}"#)
    #expect(
      try set.evaluate(sampleRequest()) == .reject(detail: "r: \(field) is not a time such as 2026-11-24T09:30:00Z"))
  }

  @Test func tagsAreJoined() throws {
    let set = try rules(
      #"{"name":"a","then":{"tag":["night","vip"]}}"#, #"{"name":"b","then":{"tag":["vip","b\u00fcro"]}}"#)
    let expected = JSONValue.array(["night", "vip", "b\u{FC}ro"].map { .string($0) })
    #expect(try set.changed(sampleRequest()).draft.details?["tags"] == expected)
    #expect(try set.changed(sampleRequest { $0.draft.details = nil }).draft.details?["tags"] == expected)

    let own = try sampleRequest { request in
      request.draft.details = JSONObject([.init(name: "tags", value: .array([.string("vip"), .string("own")]))])
    }
    #expect(
      try set.changed(own).draft.details?["tags"] == .array(["vip", "own", "night", "b\u{FC}ro"].map { .string($0) }))
    // The same again, as at a redelivery of what it made.
    #expect(try set.changed(set.changed(own)) == set.changed(own))
  }

  @Test func tagsThatCannotBeAreRejected() throws {
    let set = try oneRule(then: #"{"tag":["vip"]}"#)
    func verdict(_ value: JSONValue) throws -> RuleSet.Verdict {
      try set.evaluate(sampleRequest { $0.draft.details = JSONObject([.init(name: "tags", value: value)]) })
    }
    let notList = RuleSet.Verdict.reject(detail: "r: details.tags is not a list of texts")
    #expect(try verdict(.string("a")) == notList)
    #expect(try verdict(.array([.bool(true)])) == notList)
    #expect(
      try verdict(.array((0..<16).map { .string("\($0)") })) == .reject(detail: "r: it would have more than 16 tags"))
    let full = JSONObject([.init(name: "x", value: .string(String(repeating: "x", count: 16_380)))])
    #expect(
      try set.evaluate(sampleRequest { ($0.draft.details, $0.draft.customer) = (full, nil) })
        == .reject(detail: "r: customer and details would have more than 16384 bytes together"))
  }

  @Test func defaultsFillWhatIsAbsent() throws {
    let set = try oneRule(
      then: #"""
        {"defaults":{"priority":"urgent","customer.name":"Nobody","customer.gone":"x","customer.lang":"en",
          "details.amount":0,"details.place.country":"no","details.a.b.c":true}}
        """#)
    let changed = try set.changed(sampleRequest()).draft
    #expect(changed.priority.level == 6)
    #expect(changed.customer?["name"] == .string("Ann") && changed.customer?["gone"] == .null)
    #expect(changed.customer?["lang"] == .string("en"))
    #expect(try changed.details?["amount"] == JSONScanner.parse(Array("99.5".utf8)))
    #expect(changed.details?["place"]?["country"] == .string("no") && changed.details?["place"]?["city"] != nil)
    #expect(changed.details?["a"]?["b"]?["c"] == .bool(true))

    let bare = try set.changed(
      sampleRequest {
        $0.hasPriority = false
        ($0.draft.customer, $0.draft.details) = (nil, nil)
      }
    ).draft
    #expect(bare.priority.level == 9 && bare.customer?["name"] == .string("Nobody"))
    #expect(
      try oneRule(then: #"{"defaults":{"details.amount.x":1}}"#).evaluate(sampleRequest())
        == .reject(detail: "r: details.amount.x is within something that is no object"))
    let crowd = JSONObject((0..<64).map { .init(name: "m\($0)", value: .null) })
    #expect(
      try set.evaluate(sampleRequest { $0.draft.customer = crowd })
        == .reject(detail: "r: customer would have more than 64 members"))
  }

  @Test func aPriorityThatARuleSaidIsNoLongerAbsent() throws {
    let set = try rules(
      #"{"name":"a","then":{"prioritise":1}}"#, #"{"name":"b","then":{"defaults":{"priority":9}}}"#)
    #expect(try set.changed(sampleRequest { $0.hasPriority = false }).draft.priority.level == 1)
  }

  @Test func changesAreMadeInTheDocumentedOrder() throws {
    let set = try oneRule(
      then: #"""
        {"schedule":{"field":"details.due"},"defaults":{"details.due":"1970-01-05T00:00:00Z"},"tag":["t"],"route":"x"}
        """#)
    let changed = try set.changed(sampleRequest()).draft
    #expect(changed.scheduledFor == Timestamp(milliseconds: 4 * 86_400_000) && changed.queue.rawValue == "x")
  }
}
