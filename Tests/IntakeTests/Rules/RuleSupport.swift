import ServiceQueue

@testable import Intake

/// A rule set with one rule, `r`.
func oneRule(when: String? = nil, then: String = #"{"drop":true}"#) throws(RuleFileError) -> RuleSet {
  let condition = when.map { #""when":\#($0),"# } ?? ""
  return try rules(#"{"name":"r",\#(condition)"then":\#(then)}"#)
}

/// A rule set of these rules.
func rules(_ rules: String...) throws(RuleFileError) -> RuleSet {
  try RuleSet(json: Array(#"{"rules":[\#(rules.joined(separator: ","))]}"#.utf8))
}

/// A request with something of everything, at 1970-01-02.
func sampleRequest(_ change: (inout RuleRequest) -> Void = { _ in }) throws -> RuleRequest {
  let draft = try SubmissionDraft.parse(
    JSONScanner.parse(
      Array(
        #"""
        {"queue":"front-desk","kind":"passport","priority":6,
         "customer":{"name":"Ann","vip":true,"visits":3,"a.b":1,"gone":null},
         "details":{"amount":99.5,"place":{"city":"Oslo"},"list":[1],"when":"1970-01-03T01:00:00+01:00"}}
        """#.utf8)))
  var request = RuleRequest(
    draft: draft, hasPriority: true, routingKey: "service.front-desk.passport",
    headers: [
      .init(name: "region", value: .text("north")), .init(name: "x.retry", value: .integer(2)),
      .init(name: "urgent", value: .boolean(true)),
    ],
    source: "/shops/oslo", type: nil, now: Timestamp(milliseconds: 86_400_000))
  change(&request)
  return request
}

extension RuleSet {
  /// What an accepted request became.
  func changed(_ request: RuleRequest) throws -> RuleRequest {
    guard case .accept(let changed) = evaluate(request) else { throw TestFailure("not accepted") }
    return changed
  }
}
