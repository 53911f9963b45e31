import ServiceQueue
import Testing
import UserStore

@testable import Gateway

/// Skills and capacity: of a user, in its token, and at a claim.
@Suite struct SkillTests {
  private func patch(_ name: String, on server: TestServer, _ body: String) async throws -> TestResponse {
    let id = try #require(server.accounts.named(name)).id
    return try await server.request(
      .init("PATCH", "/v1/users/\(id)", token: try await server.token("admin"), body: body))
  }

  @Test func theyArePartOfAUser() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      let made = try await server.request(
        .init(
          "POST", "/v1/users", token: admin,
          body: #"""
            {"username":"eve","password":"eve-password","level":"agent","skills":["towing","german","towing"],"capacity":2}
            """#))
      #expect(made.status == 201)
      #expect(made.json["skills"]?.array?.compactMap(\.string) == ["german", "towing"])
      #expect(made.json["capacity"]?.int == 2)
      let me = try await server.request(.init("GET", "/v1/users/me", token: try await server.token("eve")))
      #expect(me.json["skills"] == made.json["skills"] && me.json["capacity"]?.int == 2)
      let none = try await server.request(.init("GET", "/v1/users/me", token: admin))
      #expect(none.json["skills"]?.array?.isEmpty == true && none.json["capacity"]?.isNull == true)

      let kept = try await patch("eve", on: server, #"{"email":"eve@example.org"}"#)
      #expect(kept.json["skills"] == made.json["skills"] && kept.json["capacity"]?.int == 2)
      let changed = try await patch("eve", on: server, #"{"skills":["french"],"capacity":null}"#)
      #expect(changed.json["skills"]?.array?.compactMap(\.string) == ["french"])
      #expect(changed.json["capacity"]?.isNull == true)
      #expect(try await patch("eve", on: server, #"{"skills":null}"#).json["skills"]?.array?.isEmpty == true)
      let many = (0..<65).map { #""s\#($0)""# }.joined(separator: ",")
      for bad in [
        #"{"capacity":0}"#, #"{"capacity":10001}"#, #"{"capacity":"3"}"#, #"{"skills":"german"}"#,
        #"{"skills":["German"]}"#, #"{"skills":[""]}"#, #"{"skills":[1]}"#, #"{"skills":[\#(many)]}"#,
      ] {
        #expect(try await patch("eve", on: server, bad).status == 400, "\(bad.prefix(60))")
      }
    }
  }

  @Test(arguments: Door.allCases) func aClaimTakesTheSkills(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let german = try await server.made("front-desk", #"{"requires":["german"]}"#)
      let plain = try await server.made()
      let refused = try await server.service(door, "agent", "claim", german)
      #expect(refused.code == "missing_skill" && refused.state == "waiting")
      #expect(try await server.queue(door, "agent", "claim_next")["service", "id"]?.string == plain)
      #expect(try await server.queue(door, "agent", "claim_next").code == "queue_empty")
      #expect(try await patch("agent", on: server, #"{"skills":["german","towing"]}"#).status == 200)
      #expect(try await server.queue(door, "agent", "claim_next")["service", "id"]?.string == german)
    }
  }

  @Test(arguments: Door.allCases) func aClaimTakesRoom(_ door: Door) async throws {
    try await TestServer.run { server, _ in
      let (a, b) = (try await server.made(), try await server.made("roadside"))
      #expect(try await patch("agent", on: server, #"{"capacity":1}"#).status == 200)
      let fence = try #require(try await server.service(door, "agent", "claim", a)["service", "fence"]?.int)
      let refused = try await server.service(door, "agent", "claim", b)
      #expect(refused.code == "at_capacity" && refused.state == "waiting")
      #expect(try await server.queue(door, "agent", "claim_next", "roadside").code == "at_capacity")
      #expect(try await server.service(door, "agent", "hold", a, #"{"fence":\#(fence)}"#).code == nil)
      #expect(try await server.service(door, "agent", "claim", b).code == nil, "what is on hold takes none")
      let full = try await server.service(door, "agent", "resume", a, #"{"fence":\#(fence)}"#)
      #expect(full.code == "at_capacity" && full.state == "on_hold")
    }
  }

  @Test func aChangeOfThemOutdatesOlderTokens() async throws {
    try await TestServer.run { server, _ in
      for body in [#"{"skills":["german"]}"#, #"{"capacity":3}"#, #"{"capacity":null}"#] {
        let before = try await server.token("agent")
        let socket = try await server.connected(as: "agent")
        #expect(try await patch("agent", on: server, body).status == 200)
        let old = try await server.request(.init("GET", "/v1/users/me", token: before))
        #expect(old.status == 401 && old.json["code"]?.string == "token_expired", "\(body)")
        #expect(try await socket.closeCode() == 3011)
        let new = try await server.token("agent")
        #expect(try await server.request(.init("GET", "/v1/users/me", token: new)).status == 200)
        #expect(try await patch("agent", on: server, #"{"display_name":"Ann"}"#).status == 200)
        #expect(try await server.request(.init("GET", "/v1/users/me", token: new)).status == 200)
      }
    }
  }
}
