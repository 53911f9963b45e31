import ServiceQueue
import Testing
import UserStore

@testable import Gateway

/// Holds the document to the code.
@Suite struct OpenAPITests {
  let document = OpenAPIDocument.gateway

  private func words(_ reference: String, _ member: String = "enum") -> Set<String> {
    Set(document.at(reference)?[member]?.array?.compactMap(\.string) ?? [])
  }

  private func number(_ reference: String) -> Int64? {
    let parts = reference.split(separator: "/")
    return document.at(parts.dropLast().joined(separator: "/"))?[String(parts[parts.endIndex - 1])]?.int
  }

  @Test func pathsAndMethodsAreTheRoutes() {
    let routes = RouteTable.gateway.operations
    #expect(routes.subtracting(document.operations).map(\.description).sorted() == [], "not described")
    #expect(document.operations.subtracting(routes).map(\.description).sorted() == [], "not there")
  }

  @Test func wordsAreTheCodes() {
    let schemas = "#/components/schemas"
    #expect(words("\(schemas)/ProblemCode") == Set(GatewayError.Code.allCases.map(\.rawValue)))
    #expect(words("\(schemas)/ServiceState") == Set(ServiceState.allCases.map(\.rawValue)))
    #expect(words("\(schemas)/AccessLevel") == Set(AccessLevel.allCases.map(\.rawValue)))
    #expect(words("\(schemas)/QueueMode") == Set(QueueMode.allCases.map(\.rawValue)))
    #expect(words("\(schemas)/Command") == Set(ServiceCommand.allCases.map(\.rawValue)))
    let priorities = document.at("\(schemas)/Priority")?["anyOf"]?.array ?? []
    #expect(Set(priorities.last?["enum"]?.array?.compactMap(\.string) ?? []) == Set(Priority.names.keys))
    let reasons = QueueEvent.UpdateReason.allCases.map(\.rawValue) + QueueEvent.ReturnReason.allCases.map(\.rawValue)
    #expect(words("\(schemas)/Event/properties/reason") == Set(reasons))
  }

  @Test func everyStatusOfAProblemHasItsResponse() {
    for code in GatewayError.Code.allCases where code.row.rpc != 104 || code == .methodNotAllowed {
      #expect(document.at("#/components/responses/Problem\(code.row.status)") != nil, "\(code)")
    }
    // Each says which codes it may bring, and brings those.
    for member in document.at("#/components/responses")?.object?.members ?? [] where member.name.hasPrefix("Problem") {
      let status = Int(member.name.dropFirst("Problem".count))
      let named = (member.value["description"]?.string ?? "").split(separator: "`").enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      for name in named where name != "state" {
        #expect(GatewayError.Code(rawValue: name)?.row.status == status, "\(name) in \(member.name)")
      }
      let expected = GatewayError.Code.allCases.filter { $0.row.status == status && $0 != .unknownMethod }
      #expect(Set(named).isSuperset(of: expected.map(\.rawValue)), "\(member.name)")
    }
  }

  @Test func membersOfBodiesAreThoseThatAreRead() {
    for command in ServiceCommand.allCases where command != .remove {
      let body = document.at("#/paths")?["/v1/services/{id}/\(command.path)"]?["post"]?["requestBody"]
      let schema = body?["content"]?["application/json"]?["schema"]?["$ref"]?.string.flatMap(document.at)
      let members = schema?["properties"]?.object?.members.map(\.name) ?? []
      #expect(Set(members) == command.members, "\(command)")
      #expect(schema?["additionalProperties"]?.bool == false || members.isEmpty)
    }
    let bulk = ServiceCommand.allCases.reduce(into: ServiceCommand.target.union(["command"])) {
      $0.formUnion($1.members)
    }
    let members = { (name: String) in
      Set(document.at("#/components/schemas/\(name)/properties")?.object?.members.map(\.name) ?? [])
    }
    #expect(members("BulkCommand") == bulk)
    #expect(members("Bulk") == BulkCommand.members)
    #expect(members("Submission") == SubmissionDraft.members)
  }

  @Test func boundsAreTheConstants() {
    let schemas = "#/components/schemas"
    #expect(number("#/components/parameters/Limit/schema/maximum") == Int64(BrokerLimits.page))
    #expect(number("\(schemas)/ServicePage/properties/services/maxItems") == Int64(BrokerLimits.page))
    #expect(number("\(schemas)/EventPage/properties/events/maxItems") == Int64(BrokerLimits.events))
    #expect(number("\(schemas)/Bulk/properties/commands/maxItems") == Int64(BrokerLimits.commandBatch))
    #expect(number("\(schemas)/User/properties/skills/maxItems") == Int64(SkillSet.mostHeld))
    #expect(number("\(schemas)/Submission/properties/requires/maxItems") == Int64(SkillSet.mostRequired))
    #expect(number("\(schemas)/NewUser/properties/queues/maxItems") == Int64(User.mostQueues))
    #expect(number("\(schemas)/NewUser/properties/capacity/maximum") == Int64(QueuePolicy.capacityRange.upperBound))
    #expect(number("\(schemas)/Customer/maxProperties") == Int64(SubmissionDraft.Limits.customerMembers))
    for (range, schema) in [(5, "LeaseSeconds/minimum"), (3_600, "LeaseSeconds/maximum")] {
      #expect(number("\(schemas)/\(schema)") == Int64(range))
    }
    let text = document.at("#/info/description")?.string ?? ""
    let configuration = GatewayConfiguration(
      http: .init(host: "", port: 0), admin: .init(host: "", port: 0), site: "main")
    #expect(text.contains("\(configuration.maximumBody / 1_024) KiB of a body"))
    #expect(text.contains("\(configuration.maximumBulk / 1_024) KiB of a bulk"))
    #expect(text.contains("\(EdgeMiddleware.longestTarget / 1_024) KiB of path and query"))
    #expect(text.contains("nested \(JSONScanner.Limits().depth) deep"))
    let events = document.at("#/paths")?["/v1/queues/{queue}/events"]?["get"]?["parameters"]?.array ?? []
    let limit = events.first { $0["name"]?.string == "limit" }
    #expect(limit?["schema"]?["maximum"]?.int == Int64(BrokerLimits.events))
    #expect(limit?["description"]?.string?.contains("0 to 5,000") == (BrokerLimits.snapshot == 5_000))
  }

  @Test func everyPostTakesAnIdempotencyKeyAndEveryReferenceLeadsSomewhere() {
    for path in document.at("#/paths")?.object?.members ?? [] {
      guard let post = path.value["post"] else { continue }
      let references = post["parameters"]?.array?.compactMap { $0["$ref"]?.string } ?? []
      #expect(references.contains("#/components/parameters/IdempotencyKey"), "\(path.name)")
    }
    var rest = [document.root]
    while let value = rest.popLast() {
      rest += value.array ?? []
      rest += value.object?.members.map(\.value) ?? []
      if let reference = value["$ref"]?.string { #expect(document.at(reference) != nil, "\(reference)") }
    }
  }

  @Test func fragmentsMustNotDisagree() throws {
    func document(_ fragments: String...) throws -> OpenAPIDocument {
      try OpenAPIDocument(fragments: fragments.map { Array($0.utf8) })
    }
    let base = #"{"openapi":"3.1.0","info":{},"paths":{},"components":{"schemas":{"A":{}}}}"#
    let good = try document(base, #"{"paths":{"/b":{"get":{}}},"components":{"schemas":{"B":{}},"headers":{"A":{}}}}"#)
    #expect(good.operations.map(\.description) == ["GET /b"])
    #expect(good.at("#/components/schemas/B") != nil && good.at("#/components/headers/A") != nil)
    #expect(throws: OpenAPIDocument.Flaw.duplicate("components/schemas/A")) {
      try document(base, #"{"components":{"schemas":{"A":{}}}}"#)
    }
    #expect(throws: OpenAPIDocument.Flaw.duplicate("paths//b")) {
      try document(base, #"{"paths":{"/b":{}}}"#, #"{"paths":{"/b":{}}}"#)
    }
    #expect(throws: OpenAPIDocument.Flaw.duplicate("info")) { try document(base, #"{"info":{}}"#) }
    #expect(throws: OpenAPIDocument.Flaw.missing("info")) { try document(#"{"openapi":"3.1.0"}"#) }
    #expect(throws: OpenAPIDocument.Flaw.notAnObject("paths")) { try document(base, #"{"paths":[]}"#) }
    #expect(throws: OpenAPIDocument.Flaw.self) { try document(base, "{") }
  }

  @Test func queriesAreThoseThatAreDescribed() {
    let list = document.query(of: .init(method: "GET", path: "/v1/queues/{queue}/services"))
    #expect(list == .init(names: ["limit", "cursor", "state"], lists: ["state"]))
    #expect(document.query(of: .init(method: "POST", path: "/v1/users")) == .init())
    #expect(document.query(of: .init(method: "GET", path: "/none")) == nil)
  }
}
