import ServiceQueue
import Testing

@testable import Gateway

/// The REST routes over a real socket.
@Suite struct RESTTests {
  @Test func aServiceGoesThroughItsLife() async throws {
    try await TestServer.run { server, _ in
      let submitted = try await server.submit(customer: "Ada")
      #expect(submitted.status == 201)
      let id = try #require(submitted.json[path: ["service", "id"]]?.string)
      #expect(submitted.headers["location"] == "/v1/services/\(id)")
      #expect(submitted.headers["etag"] == "\"1\"")
      #expect(submitted.json["queue_version"]?.int == 1)
      #expect(submitted.json[path: ["service", "customer"]] == nil, "a producer sees its service as on the board")

      let agent = try await server.token("agent")
      let claimed = try await server.request(
        .init("POST", "/v1/queues/front-desk/claim-next", token: agent, body: #"{"lease_seconds":30}"#))
      #expect(claimed.status == 200)
      #expect(claimed.json[path: ["service", "customer", "name"]]?.string == "Ada")
      #expect(claimed.json["lease_until"]?.string != nil)
      let fence = try #require(claimed.json[path: ["service", "fence"]]?.int)

      for (step, state) in [("start", "serving"), ("renew", "serving"), ("complete", "completed")] {
        let answer = try await server.request(
          .init("POST", "/v1/services/\(id)/\(step)", token: agent, body: #"{"fence":\#(fence)}"#))
        #expect(answer.status == 200, "\(step): \(answer.text)")
        #expect(answer.json[path: ["service", "state"]]?.string == state)
      }
      let again = try await server.request(
        .init("POST", "/v1/services/\(id)/complete", token: agent, body: #"{"fence":\#(fence)}"#))
      #expect(again.status == 409)
      #expect(again.headers["content-type"] == "application/problem+json")
      #expect(again.json["type"]?.string == "urn:usher:problem:illegal_transition")
      #expect(again.json["state"]?.string == "completed")
    }
  }

  @Test func moveReleaseNoShowAndRemove() async throws {
    try await TestServer.run { server, _ in
      var ids = [String]()
      for _ in 0..<3 { ids.append(try await server.submit().json[path: ["service", "id"]]?.string ?? "") }
      let supervisor = try await server.token("supervisor")
      func post(_ path: String, _ body: String?) async throws -> TestResponse {
        try await server.request(.init("POST", path, token: supervisor, body: body))
      }
      #expect(try await post("/v1/services/\(ids[2])/move", #"{"first":true}"#).status == 200)
      #expect(try await post("/v1/services/\(ids[0])/move", #"{"after":"\#(ids[1])"}"#).status == 200)
      #expect(try await post("/v1/services/\(ids[0])/move", #"{"before":"\#(ids[0])"}"#).status == 422)
      #expect(try await post("/v1/services/\(ids[0])/move", #"{"first":true,"last":true}"#).status == 400)
      #expect(try await post("/v1/services/\(ids[0])/move", nil).status == 400)
      let list = try await server.request(.init("GET", "/v1/queues/front-desk/services", token: supervisor))
      let order = list.json["services"]?.array?.compactMap { $0["id"]?.string }
      #expect(order == [ids[2], ids[1], ids[0]])
      #expect(list.json["total"]?.int == 3)
      #expect(list.json["next_cursor"]?.isNull == true)

      #expect(try await post("/v1/services/\(ids[2])/claim", nil).status == 200)
      let released = try await post("/v1/services/\(ids[2])/release", "{}")
      #expect(released.json[path: ["service", "attempts"]]?.int == 1)
      #expect(try await post("/v1/services/\(ids[2])/claim", "{}").status == 200)
      #expect(
        try await post("/v1/services/\(ids[2])/no-show", nil).json[path: ["service", "state"]]?.string == "no_show")
      let removed = try await server.request(.init("DELETE", "/v1/services/\(ids[1])", token: supervisor))
      #expect(removed.json[path: ["service", "state"]]?.string == "cancelled")
      #expect(try await post("/v1/services/\(ids[0])/claim", nil).status == 200)
    }
  }

  @Test func idempotencyKeysAndPreconditions() async throws {
    try await TestServer.run { server, _ in
      let producer = try await server.token("producer")
      func submit(_ body: String, key: String) async throws -> TestResponse {
        try await server.request(
          .init(
            "POST", "/v1/queues/front-desk/services", token: producer, headers: [("idempotency-key", key)], body: body))
      }
      let first = try await submit(#"{"kind":"towing"}"#, key: "one")
      let second = try await submit(#"{"kind":"towing"}"#, key: "one")
      #expect((first.status, second.status) == (201, 200))
      let id = try #require(first.json[path: ["service", "id"]]?.string)
      #expect(second.json[path: ["service", "id"]]?.string == id)
      #expect(second.json["replay"]?.bool == true)
      #expect(second.headers["location"] == "/v1/services/\(id)")
      #expect(try await submit(#"{"kind":"other"}"#, key: "one").status == 422)
      #expect(try await submit(#"{"kind":"other"}"#, key: "has space").status == 400)

      let agent = try await server.token("agent")
      let seen = try await server.request(.init("GET", "/v1/services/\(id)", token: agent))
      #expect(seen.headers["etag"] == "\"1\"")
      func claim(_ headers: [(String, String)]) async throws -> TestResponse {
        try await server.request(.init("POST", "/v1/services/\(id)/claim", token: agent, headers: headers))
      }
      #expect(try await claim([("if-match", "\"7\"")]).status == 412)
      #expect(try await claim([("if-match", "W/\"1\"")]).status == 412)
      let claimed = try await claim([("if-match", "\"1\""), ("idempotency-key", "c1")])
      #expect(claimed.status == 200)
      #expect(claimed.headers["etag"] == "\"2\"")
      let replayed = try await claim([("if-match", "\"1\""), ("idempotency-key", "c1")])
      #expect(replayed.status == 200)
      #expect(replayed.json["replay"]?.bool == true)
    }
  }

  @Test func whatIsWrongWithARequestIsSaid() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      func status(
        _ method: String, _ path: String, token: String? = admin, _ headers: [(String, String)] = [],
        body: String? = nil
      ) async throws -> (Int, String?) {
        let response = try await server.request(.init(method, path, token: token, headers: headers, body: body))
        #expect(response.headers["content-type"] == "application/problem+json", "\(method) \(path)")
        return (response.status, response.json["code"]?.string)
      }
      #expect(try await status("GET", "/nothing") == (404, "not_found"))
      #expect(try await status("GET", "/v1/queues", token: nil) == (401, "unauthorized"))
      #expect(try await status("GET", "/v1/queues", token: "x.y.z") == (401, "unauthorized"))
      #expect(try await status("GET", "/v1/queues/none") == (404, "unknown_queue"))
      #expect(try await status("GET", "/v1/services/none") == (404, "not_found"))
      let submit = "/v1/queues/front-desk/services"
      #expect(try await status("POST", submit, body: "{") == (400, "malformed_json"))
      #expect(try await status("POST", submit, body: "[]") == (400, "invalid_argument"))
      #expect(try await status("POST", submit, body: #"{"kind":"a","colour":1}"#) == (400, "unknown_member"))
      #expect(try await status("POST", submit, body: #"{"kind":"a","queue":"roadside"}"#) == (400, "invalid_argument"))
      #expect(
        try await status("POST", submit, [("content-type", "text/plain")], body: "{}") == (
          415, "unsupported_media_type"
        ))
      #expect(
        try await status("POST", submit, body: #"{"kind":"\#(String(repeating: "a", count: 300_000))"}"#)
          == (413, "payload_too_large"))
      #expect(try await status("GET", submit + "?limit=0") == (400, "invalid_argument"))
      #expect(try await status("GET", submit + "?state=sleeping") == (400, "invalid_argument"))
      #expect(try await status("GET", submit + "?cursor=x") == (400, "invalid_argument"))
      #expect(try await status("POST", "/v1/queues/front-desk/claim-next") == (409, "queue_empty"))
      #expect(try await status("GET", "/v1/history?from=yesterday") == (400, "invalid_argument"))
      let method = try await server.request(.init("DELETE", "/v1/queues/front-desk", token: admin))
      #expect(method.status == 405)
      #expect(method.headers["allow"] == "GET, HEAD, PUT")
      let authentication = try await server.request(.init("GET", "/v1/queues"))
      #expect(authentication.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
    }
  }

  @Test func theBrokersTroublesHaveTheirStatus() async throws {
    try await TestServer.run { server, _ in
      let agent = try await server.token("agent")
      for (code, status) in [
        (BrokerError.Code.unavailable, 503), (.overloaded, 503), (.outcomeUnknown, 504), (.internal, 500),
      ] {
        await server.broker.fail(with: BrokerError(code, "told by the test"))
        let response = try await server.request(.init("POST", "/v1/queues/front-desk/claim-next", token: agent))
        #expect(response.status == status)
        #expect((response.headers["retry-after"] != nil) == (code != .internal))
      }
    }
  }

  @Test func everyLevelDoesWhatItMay() async throws {
    try await TestServer.run { server, _ in
      let id = try #require(try await server.submit().json[path: ["service", "id"]]?.string)
      let other = try #require(try await server.submit("roadside").json[path: ["service", "id"]]?.string)
      func status(_ name: String, _ method: String, _ path: String, body: String? = nil) async throws -> Int {
        try await server.request(.init(method, path, token: try await server.token(name), body: body)).status
      }
      let claim = "/v1/services/\(id)/claim"
      #expect(try await status("viewer", "GET", "/v1/queues/front-desk/services") == 200)
      #expect(try await status("viewer", "POST", claim) == 403)
      #expect(try await status("viewer", "POST", "/v1/queues/front-desk/services", body: #"{"kind":"a"}"#) == 403)
      #expect(try await status("producer", "GET", "/v1/queues/front-desk/services") == 403)
      #expect(try await status("producer", "GET", "/v1/queues") == 403)
      #expect(try await status("producer", "GET", "/v1/services/\(id)") == 403)
      #expect(try await status("producer", "POST", claim) == 403)
      #expect(try await status("agent", "POST", "/v1/services/\(id)/move", body: #"{"first":true}"#) == 403)
      #expect(try await status("agent", "DELETE", "/v1/services/\(id)") == 403)
      #expect(try await status("agent", "GET", "/v1/history") == 403)
      #expect(try await status("agent", "GET", "/v1/users") == 403)
      #expect(try await status("agent", "PUT", "/v1/queues/new") == 403)
      #expect(try await status("supervisor", "GET", "/v1/history") == 200)
      #expect(try await status("limited", "GET", "/v1/services/\(id)") == 404)
      #expect(try await status("limited", "POST", claim) == 404)
      #expect(try await status("limited", "GET", "/v1/services/\(other)") == 200)
      #expect(try await status("limited", "GET", "/v1/queues/front-desk/services") == 403)
      #expect(try await status("limited", "POST", "/v1/queues/front-desk/claim-next") == 403)
      let queues = try await server.request(.init("GET", "/v1/queues", token: try await server.token("limited")))
      #expect(queues.json["queues"]?.array?.compactMap { $0["queue"]?.string } == ["roadside"])
      #expect(try await status("producer", "DELETE", "/v1/services/\(id)") == 200)
      #expect(try await status("agent", "POST", "/v1/services/\(other)/claim") == 200)
      #expect(try await status("second", "POST", "/v1/services/\(other)/start", body: #"{"fence":2}"#) == 403)
      #expect(try await status("agent", "POST", "/v1/services/\(other)/start", body: #"{"fence":1}"#) == 409)
    }
  }

  @Test func queuesAndTheirEvents() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      let made = try await server.request(.init("PUT", "/v1/queues/annex", token: admin))
      #expect(made.status == 201)
      #expect(made.json["queue"]?.string == "annex")
      #expect(try await server.request(.init("PUT", "/v1/queues/annex", token: admin)).status == 200)
      #expect(try await server.request(.init("PUT", "/v1/queues/Annex!", token: admin)).status == 400)
      for _ in 0..<3 { try await server.submit(customer: "Ada") }
      let events = try await server.request(.init("GET", "/v1/queues/front-desk/events?after=1&limit=1", token: admin))
      #expect(events.json["version"]?.int == 3)
      #expect(events.json["events"]?.array?.count == 1)
      #expect(events.text.contains("Ada"))
      let board = try await server.request(
        .init("GET", "/v1/queues/front-desk/events?after=0", token: try await server.token("viewer")))
      #expect(board.json["events"]?.array?.count == 3)
      #expect(!board.text.contains("Ada"))
      let gone = try await server.request(
        .init("GET", "/v1/queues/front-desk/events?after=0&epoch=other", token: admin))
      #expect(gone.status == 410)
      let all = try await server.request(.init("GET", "/v1/queues/front-desk/events", token: admin))
      #expect(all.json["events"]?.array?.count == 3)
      var seen = [String]()
      var path = "/v1/queues/front-desk/services?limit=2&state=waiting"
      for _ in 0..<2 {
        let page = try await server.request(.init("GET", path, token: admin))
        seen += page.json["services"]?.array?.compactMap { $0["id"]?.string } ?? []
        path = "/v1/queues/front-desk/services?limit=2&cursor=\(page.json["next_cursor"]?.string ?? "")"
      }
      #expect(Set(seen).count == 3)
    }
  }

  @Test func usersAndSessions() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      let me = try await server.request(.init("GET", "/v1/users/me", token: admin))
      #expect(me.json["username"]?.string == "admin")
      let made = try await server.request(
        .init(
          "POST", "/v1/users", token: admin,
          body: #"{"username":"eve","password":"eve-password","level":"agent","queues":["roadside"]}"#))
      #expect(made.status == 201)
      let id = try #require(made.json["id"]?.string)
      #expect(made.headers["location"] == "/v1/users/\(id)")
      #expect(!made.text.contains("eve-password"))
      let again = try await server.request(
        .init("POST", "/v1/users", token: admin, body: #"{"username":"eve","password":"eve-password","level":"agent"}"#)
      )
      #expect(again.status == 409)
      let changed = try await server.request(
        .init("PATCH", "/v1/users/\(id)", token: admin, headers: [("if-match", "\"1\"")], body: #"{"queues":null}"#))
      #expect(changed.json["queues"]?.isNull == true)
      #expect(changed.headers["etag"] == "\"2\"")
      let stale = try await server.request(
        .init("PATCH", "/v1/users/\(id)", token: admin, headers: [("if-match", "\"1\"")], body: #"{"disabled":true}"#))
      #expect(stale.status == 412)
      let list = try await server.request(.init("GET", "/v1/users?limit=3", token: admin))
      #expect(list.json["users"]?.array?.count == 3)
      #expect(list.json["next_cursor"]?.string != nil)
      #expect(try await server.request(.init("GET", "/v1/users/\(id)", token: admin)).status == 200)
      #expect(try await server.request(.init("GET", "/v1/users/none", token: admin)).status == 404)

      let session = try await server.request(
        .init("POST", "/v1/auth/token", body: #"{"username":"eve","password":"eve-password"}"#))
      #expect(session.json["expires_in"]?.int == 600)
      #expect(session.json["token_type"]?.string == "Bearer")
      let refresh = try #require(session.json["refresh_token"]?.string)
      let next = try await server.request(.init("POST", "/v1/auth/refresh", body: #"{"refresh_token":"\#(refresh)"}"#))
      #expect(next.status == 200)
      let reused = try await server.request(
        .init("POST", "/v1/auth/refresh", body: #"{"refresh_token":"\#(refresh)"}"#))
      #expect(reused.status == 401)
      let last = try #require(next.json["refresh_token"]?.string)
      #expect(
        try await server.request(.init("POST", "/v1/auth/logout", body: #"{"refresh_token":"\#(last)"}"#)).status == 204
      )
      #expect(
        try await server.request(.init("POST", "/v1/auth/refresh", body: #"{"refresh_token":"\#(last)"}"#)).status
          == 401)
    }
  }

  @Test func guessingPasswordsIsSlowedDown() async throws {
    try await TestServer.run(configure: { $0.loginBurstPerAddress = 1 }) { server, _ in
      var statuses = [Int]()
      // Five tokens come back in a second, which a busy machine may take for a request.
      while statuses.last != 429, statuses.count < 40 {
        let response = try await server.request(
          .init("POST", "/v1/auth/token", body: #"{"username":"agent","password":"wrong"}"#))
        statuses.append(response.status)
        if response.status == 429 { #expect(response.headers["retry-after"] != nil) }
      }
      #expect(statuses.first == 401 && statuses.last == 429)
      try await Task.sleep(for: .seconds(1))
      #expect(try await server.token("agent").isEmpty == false, "never for good")
    }
  }

  @Test func theInternalListener() async throws {
    try await TestServer.run(
      health: {
        [DependencyStatus(name: "redis", isReady: true), .init(name: "postgres", isReady: false, detail: "down")]
      }
    ) { server, _ in
      #expect(try await server.adminRequest("/health/live").status == 200)
      let ready = try await server.adminRequest("/health/ready")
      #expect(ready.status == 503)
      #expect(
        ready.json["dependencies"]?.array?.compactMap { $0["name"]?.string } == ["redis", "postgres", "signing-keys"])
      #expect(ready.text.split(separator: "\n").count == 5, "one line for each")
      #expect(try await server.adminRequest("/metrics").text == "usher_test 1\n")
      #expect(try await server.request(.init("GET", "/metrics")).status == 404, "not on the public listener")
    }
  }
}
