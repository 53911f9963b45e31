import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// Users who were changed come back with the tokens they had. Changes are made as another node makes them, and no socket is
/// open unless a test opens one.
@Suite struct ChangedUserTests {
  private func change(_ name: String, on server: TestServer, _ change: (inout UserChanges) -> Void) async throws {
    var changes = UserChanges()
    change(&changes)
    let id = try #require(server.accounts.named(name)).id
    _ = try await server.accounts.updateUser(id: id, expectedVersion: nil, changes, audit: nil)
  }

  /// The answer to the first request with this token that is refused, or the last after three seconds.
  private func refusal(of token: String, on server: TestServer) async throws -> TestResponse {
    var response = try await server.request(.init("GET", "/v1/users/me", token: token))
    for _ in 0..<60 where response.status == 200 {
      try await Task.sleep(for: .milliseconds(50))
      response = try await server.request(.init("GET", "/v1/users/me", token: token))
    }
    return response
  }

  private func signIn(_ name: String, on server: TestServer) async throws -> (access: String, refresh: String) {
    let response = try await server.request(
      .init("POST", "/v1/auth/token", body: #"{"username":"\#(name)","password":"\#(name)-password"}"#))
    return (
      try #require(response.json["access_token"]?.string), try #require(response.json["refresh_token"]?.string)
    )
  }

  @Test func aDisabledUsersTokenIsRefusedAtBothDoors() async throws {
    try await TestServer.run { server, _ in
      let (access, refresh) = try await signIn("agent", on: server)
      #expect(try await server.request(.init("GET", "/v1/users/me", token: access)).status == 200)
      try await change("agent", on: server) { $0.isDisabled = true }
      let refused = try await refusal(of: access, on: server)
      #expect(refused.status == 403 && refused.json["code"]?.string == "disabled")
      let socket = try await server.socket()
      try await socket.send(#"{"id":1,"connect":{"token":"\#(access)"}}"#)
      #expect(try await socket.closeCode() == 3503)
      let again = try await server.request(
        .init("POST", "/v1/auth/refresh", body: #"{"refresh_token":"\#(refresh)"}"#))
      #expect(again.status == 403)
      try await change("agent", on: server) { $0.isDisabled = false }
      for _ in 0..<60 where try await server.request(.init("GET", "/v1/users/me", token: access)).status != 200 {
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try await server.request(.init("GET", "/v1/users/me", token: access)).status == 200)
    }
  }

  @Test func aDemotedUserRefreshesAndGoesOnWithTheNewRights() async throws {
    try await TestServer.run { server, _ in
      let (access, refresh) = try await signIn("supervisor", on: server)
      try await change("supervisor", on: server) { $0.level = .viewer }
      let refused = try await refusal(of: access, on: server)
      #expect(refused.status == 401 && refused.json["code"]?.string == "token_expired")
      let old = try await server.socket()
      let reply = try await old.call(1, #""connect":{"token":"\#(access)"}"#)
      #expect(reply[path: ["error", "code"]]?.int == 109)

      let refreshed = try await server.request(
        .init("POST", "/v1/auth/refresh", body: #"{"refresh_token":"\#(refresh)"}"#))
      let token = try #require(refreshed.json["access_token"]?.string)
      let me = try await server.request(.init("GET", "/v1/users/me", token: token))
      #expect(me.status == 200 && me.json["level"]?.string == "viewer")
      let new = try await server.socket()
      #expect(try await new.call(1, #""connect":{"token":"\#(token)"}"#)["connect"] != nil)
    }
  }

  @Test func anOutdatedTokenDoesNotRefreshASocket() async throws {
    try await TestServer.run { server, _ in
      let (before, _) = try await signIn("second", on: server)
      try await change("second", on: server) { $0.queues = .set([QueueName("roadside")!]) }
      #expect(try await refusal(of: before, on: server).status == 401)
      let socket = try await server.connected(as: "second")
      try await socket.send(#"{"id":2,"refresh":{"token":"\#(before)"}}"#)
      #expect(try await socket.closeCode() == 3011)
    }
  }

  @Test func aChangeMadeHereHoldsAtOnce() async throws {
    try await TestServer.run { server, _ in
      let (access, _) = try await signIn("agent", on: server)
      let admin = try await server.token("admin")
      let id = try #require(server.accounts.named("agent")).id
      let body = #"{"disabled":true}"#
      #expect(try await server.request(.init("PATCH", "/v1/users/\(id)", token: admin, body: body)).status == 200)
      #expect(try await server.request(.init("GET", "/v1/users/me", token: access)).status == 403)
    }
  }

  @Test func moreChangesThanAPageAreAllSeen() async throws {
    try await TestServer.run { server, _ in
      let (access, _) = try await signIn("viewer", on: server)
      server.accounts.addDisabled(2_500)
      try await Task.sleep(for: .milliseconds(2))
      try await change("viewer", on: server) { $0.isDisabled = true }
      #expect(try await refusal(of: access, on: server).status == 403)
      #expect(server.services.rights.count == 2_501)
    }
  }

  @Test func aPasswordThatIsRefusedChangesNothingElse() async throws {
    try await TestServer.run { server, _ in
      let admin = try await server.token("admin")
      let id = try #require(server.accounts.named("agent")).id
      let path = "/v1/users/\(id)"
      let refused = try await server.request(
        .init("PATCH", path, token: admin, body: #"{"level":"viewer","password":"short"}"#))
      #expect(refused.status == 400)
      #expect(server.accounts.named("agent")?.level == .agent && server.accounts.named("agent")?.version == 1)
      let changed = try await server.request(
        .init("PATCH", path, token: admin, body: #"{"level":"viewer","password":"long enough"}"#))
      #expect(changed.status == 200 && changed.json["level"]?.string == "viewer" && changed.json["version"]?.int == 2)
      #expect(
        try await server.accounts.authenticate(username: "agent", password: "long enough").level == .viewer)
    }
  }
}
