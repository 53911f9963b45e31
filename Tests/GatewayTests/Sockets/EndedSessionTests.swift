import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// Logging out ends what was opened with the session, and nothing else of the user's.
@Suite struct EndedSessionTests {
  private struct Login {
    let access: String
    let refresh: String
  }

  private func signIn(_ name: String, on server: TestServer) async throws -> Login {
    let response = try await server.request(
      .init("POST", "/v1/auth/token", body: #"{"username":"\#(name)","password":"\#(name)-password"}"#))
    return Login(
      access: try #require(response.json["access_token"]?.string),
      refresh: try #require(response.json["refresh_token"]?.string))
  }

  private func connect(_ token: String, on server: TestServer) async throws -> TestSocket {
    let socket = try await server.socket()
    #expect(try await socket.call(1, #""connect":{"token":"\#(token)"}"#)["connect"] != nil)
    return socket
  }

  @Test func aLogoutHereActsAtOnce() async throws {
    try await TestServer.run { server, _ in
      let (gone, stays) = (try await signIn("agent", on: server), try await signIn("agent", on: server))
      let socket = try await connect(gone.access, on: server)
      let other = try await connect(stays.access, on: server)
      let stream = try await server.stream(token: gone.access)
      _ = try await stream.event("snapshot")
      let out = try await server.request(
        .init("POST", "/v1/auth/logout", body: #"{"refresh_token":"\#(gone.refresh)"}"#))
      #expect(out.status == 204)
      #expect(try await server.request(.init("GET", "/v1/users/me", token: gone.access)).status == 401)
      let close = try await socket.close()
      #expect(close.closeCode == 3500 && close.closeReason == "session ended")
      let end = try await stream.event("end")
      #expect(end.data["code"]?.int == 3500)
      let again = try await server.socket()
      try await again.send(#"{"id":1,"connect":{"token":"\#(gone.access)"}}"#)
      #expect(try await again.closeCode() == 3500)
      #expect(try await server.request(.init("GET", "/v1/users/me", token: stays.access)).status == 200)
      #expect(try await other.call(2, #""ping":{}"#)["ping"] != nil)
    }
  }

  @Test func aSocketGoesWithTheSessionThatItWasRefreshedFrom() async throws {
    try await TestServer.run { server, _ in
      let (first, second) = (try await signIn("agent", on: server), try await signIn("agent", on: server))
      let socket = try await connect(first.access, on: server)
      #expect(try await socket.call(2, #""refresh":{"token":"\#(second.access)"}"#)["refresh"] != nil)
      _ = try await server.accounts.logout(first.refresh)
      try await seen(first, on: server)
      #expect(try await socket.call(3, #""ping":{}"#)["ping"] != nil)
      _ = try await server.accounts.logout(second.refresh)
      #expect(try await socket.closeCode() == 3500)
    }
  }

  /// As another node does it: the store alone knows.
  @Test func aLogoutElsewhereActsWithinASecond() async throws {
    try await TestServer.run { server, _ in
      let login = try await signIn("agent", on: server)
      let socket = try await connect(login.access, on: server)
      let began = ContinuousClock.now
      _ = try await server.accounts.logout(login.refresh)
      #expect(try await socket.closeCode() == 3500)
      #expect(ContinuousClock.now - began < .seconds(5), "on a machine that is five times slower")
      #expect(UserWatch.interval <= .milliseconds(500))
      try await seen(login, on: server)
    }
  }

  @Test func aNewPasswordEndsEverySession() async throws {
    try await TestServer.run { server, _ in
      let login = try await signIn("agent", on: server)
      let socket = try await connect(login.access, on: server)
      let admin = try await server.token("admin")
      let id = try #require(server.accounts.named("agent")).id
      let changed = try await server.request(
        .init("PATCH", "/v1/users/\(id)", token: admin, body: #"{"password":"another one"}"#))
      #expect(changed.status == 200)
      #expect(try await socket.closeCode() == 3500)
      try await seen(login, on: server)
    }
  }

  private func seen(_ login: Login, on server: TestServer) async throws {
    var status = 200
    for _ in 0..<200 where status == 200 {
      status = try await server.request(.init("GET", "/v1/users/me", token: login.access)).status
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(status == 401)
  }
}
