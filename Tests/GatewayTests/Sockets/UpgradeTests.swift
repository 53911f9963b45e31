import ServiceQueue
import Testing

@testable import Gateway

/// Requests that ask for an upgrade and do not get it are answered like any other.
@Suite struct UpgradeTests {
  private static let webSocket = [
    ("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
  ]

  @Test func anUpgradeToHTTP2IsPassedOver() async throws {
    try await TestServer.run { server, _ in
      let headers = [("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABk")]
      let refused = try await server.request(.init("GET", "/v1/queues", headers: headers))
      #expect(refused.status == 401)
      #expect(refused.json["code"]?.string == "unauthorized")
      #expect(refused.headers["connection"] == "close", "NIO's decoder reads nothing after such a request")
      let found = try await server.request(.init("GET", "/.well-known/jwks.json", headers: headers))
      #expect(found.status == 200)
      #expect(found.text.contains("Ed25519"))
      let posted = try await server.request(
        .init("POST", "/v1/auth/token", headers: headers, body: #"{"username":"agent","password":"agent-password"}"#))
      #expect(posted.status == 200, "the body is not lost either")
    }
  }

  @Test func aLaterRequestCannotUpgrade() async throws {
    try await TestServer.run { server, _ in
      let first = TestRequest("GET", "/nothing", headers: [("connection", "keep-alive")]).bytes
      let second = TestRequest("GET", "/connection/websocket", headers: Self.webSocket).bytes
      let answer = try await TestConnection.exchange(port: server.http, bytes: first + second)
      let text = String(decoding: answer, as: UTF8.self)
      #expect(text.hasPrefix("HTTP/1.1 404"))
      #expect(text.contains("HTTP/1.1 426"))
    }
  }

  @Test func webSocketsElsewhereAndOfOtherPages() async throws {
    try await TestServer.run(configure: { $0.allowedOrigins = ["https://desk.example.org"] }) { server, _ in
      func status(_ path: String, _ extra: [(String, String)] = []) async throws -> Int {
        try await server.request(.init("GET", path, headers: Self.webSocket + extra)).status
      }
      #expect(try await status("/elsewhere") == 404)
      #expect(try await status("/connection/websocket", [("origin", "https://evil.example")]) == 403)
      #expect(try await server.request(.init("GET", "/connection/websocket")).status == 426)
      let same = try await server.socket(headers: [("origin", "http://localhost")])
      #expect(same.handshake.contains("101"))
      let allowed = try await server.socket(
        headers: [("origin", "https://desk.example.org"), ("sec-websocket-protocol", "centrifuge-json")])
      #expect(allowed.handshake.lowercased().contains("sec-websocket-protocol: centrifuge-json"))
      #expect(
        allowed.handshake.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
    }
  }

  @Test func whatIsNoHTTPIsRefused() async throws {
    try await TestServer.run { server, _ in
      let answer = try await TestConnection.exchange(port: server.http, bytes: Array("NONSENSE\r\n\r\n".utf8))
      #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 400"))
      let big = TestRequest("GET", "/v1/queues", headers: [("x", String(repeating: "a", count: 40_000))]).bytes
      #expect(
        String(decoding: try await TestConnection.exchange(port: server.http, bytes: big), as: UTF8.self)
          .hasPrefix("HTTP/1.1 4"))
    }
  }

  @Test func aSocketThatSaysNothingIsClosed() async throws {
    try await TestServer.run(configure: { $0.handshakeTimeout = .milliseconds(500) }) { server, _ in
      let answer = try await TestConnection.exchange(port: server.http, bytes: [])
      #expect(answer.isEmpty)
    }
  }

  @Test func onlySoManyWebSockets() async throws {
    try await TestServer.run(configure: { $0.maximumConnections = 1 }) { server, _ in
      let first = try await server.connected(as: "agent")
      let second = try await server.request(.init("GET", "/connection/websocket", headers: Self.webSocket))
      #expect(second.status == 503)
      _ = try await first.call(2, #""ping":{}"#)
    }
  }
}
