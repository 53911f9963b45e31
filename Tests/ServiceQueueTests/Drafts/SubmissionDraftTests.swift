import ServiceQueue
import Testing

@Suite("Submission draft")
struct SubmissionDraftTests {
  func draft(
    _ text: String, queue: String? = nil, kind: String? = nil
  ) throws(DraftError) -> SubmissionDraft {
    let value = (try? JSONScanner.parse(Array(text.utf8))) ?? .null
    return try SubmissionDraft.parse(value, defaultQueue: queue.flatMap { QueueName($0) }, defaultKind: kind)
  }

  func refusal(_ text: String) -> String? {
    do {
      _ = try draft(text)
      return nil
    } catch {
      return "\(error.code.rawValue) \(error.field)"
    }
  }

  @Test func takesEverything() throws {
    let draft = try draft(
      #"{"queue":"front-desk","kind":"passport","priority":"high","customer":{"name":"A","vip":true,"age":4,"x":null},"#
        + #""details":{"a":[1,{"b":2}]},"extra":1,"scheduled_for":null}"#)
    #expect(draft.queue.rawValue == "front-desk")
    #expect(draft.kind == "passport")
    #expect(draft.priority.level == 6)
    #expect(draft.personal.customer == Array(#"{"name":"A","vip":true,"age":4,"x":null}"#.utf8))
    #expect(draft.personal.details == Array(#"{"a":[1,{"b":2}]}"#.utf8))
    #expect(draft.unknownMembers == 1)
  }

  @Test func takesTheLeast() throws {
    let draft = try draft(#"{"queue":"q","kind":"k","priority":null,"customer":null,"details":null}"#)
    #expect(draft.priority == .normal)
    #expect(draft.personal.isEmpty)
  }

  @Test func takesWhatItRequiresAndWhenItIsDue() throws {
    let draft = try draft(
      #"{"queue":"q","kind":"k","requires":["towing","german","towing"],"scheduled_for":"2027-01-01T01:00:00.25+01:00"}"#
    )
    #expect(draft.requires.words == ["german", "towing"])
    #expect(draft.scheduledFor?.description == "2027-01-01T00:00:00.250Z")
    let others = [
      #"{"queue":"q","kind":"k","requires":["german"],"scheduled_for":"2027-01-01T00:00:00.25Z"}"#,
      #"{"queue":"q","kind":"k","requires":["towing","german"]}"#,
    ]
    for other in others { #expect(try self.draft(other).canonicalBytes != draft.canonicalBytes) }
  }

  @Test func fillsInDefaults() throws {
    let filled = try draft("{}", queue: "q", kind: "k")
    #expect(filled.queue.rawValue == "q" && filled.kind == "k")
    let own = try draft(#"{"queue":"other","kind":"own"}"#, queue: "q", kind: "k")
    #expect(own.queue.rawValue == "other" && own.kind == "own")
  }

  @Test(arguments: [
    ("[]", "wrong_type "), ("1", "wrong_type "), ("{}", "missing_field queue"),
    (#"{"queue":"q"}"#, "missing_field kind"), (#"{"queue":7,"kind":"k"}"#, "wrong_type queue"),
    (#"{"queue":"Q","kind":"k"}"#, "invalid_value queue"), (#"{"queue":"q","kind":"K k"}"#, "invalid_value kind"),
    (#"{"queue":"q","kind":[]}"#, "wrong_type kind"),
    (#"{"queue":"q","kind":"k","priority":10}"#, "invalid_value priority"),
    (#"{"queue":"q","kind":"k","priority":-1}"#, "invalid_value priority"),
    (#"{"queue":"q","kind":"k","priority":4.5}"#, "invalid_value priority"),
    (#"{"queue":"q","kind":"k","priority":"top"}"#, "invalid_value priority"),
    (#"{"queue":"q","kind":"k","priority":true}"#, "wrong_type priority"),
    (#"{"queue":"q","kind":"k","scheduled_for":"tomorrow"}"#, "invalid_value scheduled_for"),
    (#"{"queue":"q","kind":"k","scheduled_for":"1969-12-31T23:59:59Z"}"#, "invalid_value scheduled_for"),
    (#"{"queue":"q","kind":"k","scheduled_for":1795000000}"#, "wrong_type scheduled_for"),
    (#"{"queue":"q","kind":"k","requires":"german"}"#, "wrong_type requires"),
    (#"{"queue":"q","kind":"k","requires":[1]}"#, "wrong_type requires"),
    (#"{"queue":"q","kind":"k","requires":["German"]}"#, "invalid_value requires"),
    (#"{"queue":"q","kind":"k","requires":["a","b","c","d","e","f","g","h","i"]}"#, "invalid_value requires"),
    (#"{"queue":"q","kind":"k","customer":"Ann"}"#, "wrong_type customer"),
    (#"{"queue":"q","kind":"k","customer":{"phone":["1"]}}"#, "wrong_type customer.phone"),
    (#"{"queue":"q","kind":"k","customer":{"Ann Lee":{}}}"#, "wrong_type customer"),
    (#"{"queue":"q","kind":"k","customer":{"":1}}"#, "too_large customer"),
    (#"{"queue":"q","kind":"k","details":[1]}"#, "wrong_type details"),
  ])
  func refuses(_ text: String, _ expected: String) {
    #expect(refusal(text) == expected)
  }

  @Test func boundsCustomer() {
    let long = String(repeating: "x", count: 1025)
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{"note":"\#(long)"}}"#) == "too_large customer.note")
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{"note":"\#(long.dropLast())"}}"#) == nil)
    let digits = String(repeating: "1", count: 1025)
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{"n":\#(digits)}}"#) == "too_large customer")
    func members(_ count: Int) -> String { (0..<count).map { "\"m\($0)\":1" }.joined(separator: ",") }
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{\#(members(64))}}"#) == nil)
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{\#(members(65))}}"#) == "too_large customer")
  }

  @Test func boundsThePersonalDataAsAWhole() {
    // {"note":""} around it.
    let room = SubmissionDraft.Limits.personalBytes - 11
    func details(_ count: Int) -> String {
      #"{"queue":"q","kind":"k","details":{"note":"\#(String(repeating: "x", count: count))"}}"#
    }
    #expect(refusal(details(room)) == nil)
    #expect(refusal(details(room + 1)) == "too_large details")
    let digits = String(repeating: "1", count: 1025)
    #expect(refusal(#"{"queue":"q","kind":"k","details":{"a":[\#(digits)]}}"#) == "too_large details")
    #expect(refusal(#"{"queue":"q","kind":"k","details":{"a":[\#(digits.dropLast())]}}"#) == nil)
  }

  @Test func namesOnlyUsualMembers() {
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{"nina_example":{}}}"#) == "wrong_type customer")
    #expect(refusal(#"{"queue":"q","kind":"k","customer":{"email":{}}}"#) == "wrong_type customer.email")
  }

  @Test func boundsTheDepthOfDetails() {
    func nested(_ depth: Int) -> String {
      let arrays = depth - 1
      return #"{"queue":"q","kind":"k","details":{"a":"#
        + String(repeating: "[", count: arrays) + String(repeating: "]", count: arrays) + "}}"
    }
    #expect(refusal(nested(16)) == nil)
    #expect(refusal(nested(17)) == "too_deep details")
  }

  @Test func fingerprintsWhatWasAskedFor() throws {
    let one = try draft(#"{"queue":"q","kind":"k","customer":{"a":"é","b":2}}"#)
    let same = try draft(#" { "customer" : { "b" : 2, "a" : "\u00e9" }, "kind" : "k", "priority":4, "queue" : "q" }"#)
    #expect(one.canonicalBytes == same.canonicalBytes)
    let others = [
      #"{"queue":"q","kind":"k","details":{"a":"é","b":2}}"#, #"{"queue":"q","kind":"k"}"#,
      #"{"queue":"q","kind":"k","priority":5,"customer":{"a":"é","b":2}}"#,
      #"{"queue":"q","kind":"k2","customer":{"a":"é","b":2}}"#,
      #"{"queue":"q2","kind":"k","customer":{"a":"é","b":2}}"#,
    ]
    let prints = Set(
      try others.map { text throws(DraftError) in try draft(text).canonicalBytes } + [one.canonicalBytes])
    #expect(prints.count == others.count + 1)
  }

  @Test func errorsSayNothingOfTheContent() {
    #expect(throws: DraftError.self) { try draft(#"{"queue":"q","kind":"Secret Name"}"#) }
    do {
      _ = try draft(#"{"queue":"q","kind":"Secret Name"}"#)
    } catch {
      #expect(!error.description.contains("Secret"))
    }
  }
}
