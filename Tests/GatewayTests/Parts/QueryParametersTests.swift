import Testing

@testable import Gateway

@Suite struct QueryParametersTests {
  @Test func decodes() throws {
    let query = try QueryParameters(
      "limit=5&state=waiting&state=on%5Fhold&employee=J%C3%B6rg&flag&at=1+02%3A00&=x&&a=b=c")
    #expect(query["limit"] == "5")
    #expect(query.all("state") == ["waiting", "on_hold"])
    #expect(query["employee"] == "Jörg")
    #expect(query["flag"] == "")
    #expect(query["at"] == "1+02:00", "a plus is a plus")
    #expect(query["a"] == "b=c")
    #expect(query[""] == "x")
    #expect(query["none"] == nil)
    #expect(try QueryParameters(nil).all("limit").isEmpty)
  }

  @Test(arguments: ["a=%", "a=%4", "a=%zz", "%=1", "a=%FF", "a=%C3"]) func refuses(_ text: String) {
    #expect(throws: GatewayError.self) { try QueryParameters(text) }
  }

  @Test func whatIsNotKnownIsRefused() throws {
    let known = QueryParameters.Known(names: ["limit", "state"], lists: ["state"])
    try QueryParameters("limit=1&state=a&state=b").check(known)
    #expect(throws: GatewayError.self) { try QueryParameters("limit=1&limit=1").check(known) }
    let refusal = #expect(throws: GatewayError.self) { try QueryParameters("limit=1&lim%0Ait=2").check(known) }
    #expect(refusal?.code == .unknownMember)
    #expect(refusal?.message == "unknown parameter \"lim?it\"; known are limit, state")
    #expect(throws: GatewayError.self) { try QueryParameters("x").check(.init()) }
  }
}
