import ServiceQueue
import Testing

@testable import Gateway

/// Several commands in one message, the same at both doors.
@Suite struct BulkTests {
  private static let unknown = "018f0000-0000-7000-8000-000000000001"

  @Test(arguments: Door.allCases) func eachHasItsOwnAnswer(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (a, b) = (try await server.made(), try await server.made())
      let answer = try await server.bulk(
        door, "supervisor",
        #"""
        {"commands":[
          {"command":"claim","id":"\#(a)","lease_seconds":30},
          {"command":"claim","id":"\#(a)"},
          {"command":"start","id":"\#(a)","queue":"front-desk"},
          {"command":"complete","id":"\#(b)"},
          {"command":"reprioritise","id":"\#(b)","priority":"high","if_version":1},
          {"command":"reprioritise","id":"\#(b)","priority":11},
          {"command":"dance","id":"\#(b)"},
          {"command":"claim","id":"\#(Self.unknown)"},
          {"command":"claim_next","id":"\#(b)"},
          {"command":"claim","id":"\#(b)","colour":"red"},
          {"command":"remove","id":"\#(b)","if_version":7},
          7,
          {"command":"remove","id":"\#(b)"}
        ]}
        """#)
      let results = try #require(answer["results"]?.array, "\(answer)")
      #expect(results.map { $0["ok"]?.bool } == results.map { $0["error"] == nil })
      #expect(
        results.map { $0[path: ["error", "code"]]?.string } == [
          nil, "illegal_transition", nil, "illegal_transition", nil, "invalid_argument", "invalid_argument",
          "not_found", "invalid_argument", "unknown_member", "version_mismatch", "invalid_argument", nil,
        ])
      #expect(results[1][path: ["error", "state"]]?.string == "claimed")
      #expect(results[0]["lease_until"]?.string != nil)
      #expect(
        results.map { $0[path: ["service", "state"]]?.string }
          == ["claimed", nil, "serving", nil, "waiting", nil, nil, nil, nil, nil, nil, nil, "cancelled"])
      #expect(results[12]["queue_version"]?.int == 6)
    }
  }

  @Test(arguments: Door.allCases) func rightsAreCheckedForEach(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let mine = try #require(try await server.submit("roadside").json[path: ["service", "id"]]?.string)
      let (a, b) = (try await server.made(), try await server.made("roadside"))
      func codes(_ name: String, _ items: [String]) async throws -> [String?]? {
        let answer = try await server.bulk(door, name, #"{"commands":[\#(items.joined(separator: ","))]}"#)
        return answer["results"]?.array?.map { $0[path: ["error", "code"]]?.string }
      }
      let move = #"{"command":"move","id":"\#(b)","first":true}"#
      let claim = [a, b].map { #"{"command":"claim","id":"\#($0)"}"# }
      #expect(try await codes("viewer", claim) == ["forbidden", "forbidden"])
      #expect(try await codes("limited", claim + [move]) == ["not_found", nil, "forbidden"])
      let remove = [a, b, mine].map { #"{"command":"remove","id":"\#($0)"}"# }
      #expect(try await codes("producer", remove + claim) == ["not_found", "not_found", nil, "forbidden", "forbidden"])
    }
  }

  @Test(arguments: Door.allCases) func aServiceIsFollowedThroughItsTransfers(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      let answer = try await server.bulk(
        door, "supervisor",
        #"""
        {"commands":[
          {"command":"transfer","id":"\#(id)","to":"roadside"},
          {"command":"claim","id":"\#(id)"},
          {"command":"transfer","id":"\#(id)","to":"front-desk"},
          {"command":"transfer","id":"\#(id)","to":"front-desk"},
          {"command":"claim","id":"\#(id)"}
        ]}
        """#)
      let results = try #require(answer["results"]?.array)
      #expect(
        results.map { $0[path: ["service", "queue"]]?.string ?? $0[path: ["error", "code"]]?.string } == [
          "roadside", "roadside", "front-desk", "bad_target", "front-desk",
        ])
      let outside = try await server.bulk(
        door, "limited", #"{"commands":[{"command":"transfer","id":"\#(id)","to":"roadside"}]}"#)
      #expect(outside["results"]?.array?[0][path: ["error", "code"]]?.string == "not_found")
    }
  }

  @Test(arguments: Door.allCases) func aMalformedEnvelopeRefusesTheWhole(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let item = #"{"command":"claim","id":"\#(try await server.made())"}"#
      for bad in [
        "{}", #"{"commands":[]}"#, #"{"commands":{}}"#, #"{"commands":null}"#,
        #"{"commands":[\#(Array(repeating: item, count: 501).joined(separator: ","))]}"#,
        #"{"commands":[\#(item)],"idempotency_key":"a b"}"#,
      ] {
        #expect(try await server.bulk(door, "agent", bad).code == "invalid_argument", "\(bad.prefix(80))")
      }
      #expect(try await server.bulk(door, "agent", #"{"commands":[\#(item)],"all":true}"#).code == "unknown_member")
      #expect(try await server.queue(door, "agent", "claim_next").code == nil, "nothing was claimed")
    }
  }

  @Test(arguments: Door.allCases, ["whole", String(repeating: "k", count: 128)])
  func oneKeyMakesAKeyForEach(_ door: Door, _ key: String) async throws {
    try await TestServer.run { server, _ in
      let (a, b) = (try await server.made(), try await server.made())
      let body = #"""
        {"commands":[{"command":"claim","id":"\#(a)"},{"command":"claim","id":"\#(b)","idempotency_key":"own"},
          {"command":"move","id":"\#(b)","first":true}],"idempotency_key":"\#(key)"}
        """#
      for isReplay in [nil, true] as [Bool?] {
        let results = try #require(try await server.bulk(door, "supervisor", body)["results"]?.array)
        #expect(results.map { $0["replay"]?.bool } == [isReplay, isReplay, nil])
        #expect(results[2][path: ["error", "code"]]?.string == "illegal_transition")
      }
      let alone = try await server.service(.rpc, "supervisor", "claim", b, #"{"idempotency_key":"own"}"#)
      #expect(alone["replay"]?.bool == true)
      let token = try await server.token("supervisor")
      let two = try await server.request(
        .init("POST", "/v1/services/bulk", token: token, headers: [("idempotency-key", "other")], body: body))
      #expect(two.status == 400)
      let inHeader = try await server.request(
        .init(
          "POST", "/v1/services/bulk", token: token, headers: [("idempotency-key", key)],
          body: #"{"commands":[{"command":"claim","id":"\#(a)"}]}"#))
      #expect(inHeader.json["results"]?.array?.first?["replay"]?.bool == true)
    }
  }

  @Test(arguments: Door.allCases) func fiveHundredOfTheLongestFit(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let id = try await server.made()
      let items = (0..<500).map { index in
        let key = String(1_000 + index) + String(repeating: "k", count: 124)
        return
          #"{"command":"transfer","id":"\#(id)","queue":"front-desk","to":"\#(String(repeating: "q", count: 64))","fence":9007199254740991,"if_version":9007199254740991,"idempotency_key":"\#(key)"}"#
      }
      let answer = try await server.bulk(door, "supervisor", #"{"commands":[\#(items.joined(separator: ","))]}"#)
      let results = try #require(answer["results"]?.array, "\(answer)")
      #expect(results.count == 500)
      #expect(results.allSatisfy { $0[path: ["error", "code"]]?.string == "version_mismatch" })
    }
  }

  @Test func onlyALimitedUsersServicesAreLookedUpAndEachOnce() async throws {
    try await TestServer.run { server, _ in
      func bulk(_ name: String, _ queue: String, _ count: Int, _ commands: [String]) async throws -> DoorAnswer {
        var items = [String]()
        for _ in 0..<count {
          let id = try await server.made(queue)
          items += commands.map { #"{"command":"\#($0)","id":"\#(id)"}"# }
        }
        return try await server.bulk(.rest, name, #"{"commands":[\#(items.joined(separator: ","))]}"#)
      }
      let before = await server.broker.lookUps
      let answer = try await bulk("supervisor", "front-desk", 40, ["claim", "start"])
      #expect(answer["results"]?.array?.allSatisfy { $0["ok"]?.bool == true } == true)
      #expect(await server.broker.lookUps == before)
      let limited = try await bulk("limited", "roadside", 3, ["claim", "claim"])
      #expect(limited["results"]?.array?.count { $0["ok"]?.bool == true } == 3)
      #expect(await server.broker.lookUps == before + 3)
      let elsewhere = try await bulk("limited", "front-desk", 1, ["claim"])
      #expect(elsewhere["results"]?.array?.first?[path: ["error", "code"]]?.string == "not_found")
      let id = try await server.made()
      await server.broker.fail(with: BrokerError(.outcomeUnknown, "told by the test"))
      let failed = try await server.bulk(
        .rpc, "supervisor", #"{"commands":[{"command":"claim","id":"\#(id)"}]}"#)
      #expect(failed["results"]?.array?.first?[path: ["error", "code"]]?.string == "outcome_unknown")
    }
  }
}
