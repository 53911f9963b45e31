import NIOCore
import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// How many connections there may be, how much each may ask, and how long each may be silent.
@Suite struct LimitTests {
  @Test func aFloodIsRefusedAndThenCutOff() async throws {
    try await TestServer.run(configure: {
      $0.rate = CommandRate.Limits(commands: 5, refusals: 20)
    }) { server, _ in
      let socket = try await server.connected(as: "agent")
      // Ten may come at once, and connecting was one.
      try await socket.send((2..<22).map { #"{"id":\#($0),"ping":{}}"# }.joined(separator: "\n"))
      var refused = 0
      for _ in 2..<22 {
        let reply = try await socket.reply()
        guard let error = reply["error"] else { continue }
        #expect(error["code"]?.int == 111 && error["temporary"]?.bool == true)
        refused += 1
      }
      #expect((10...11).contains(refused), "\(refused)")
      try await Task.sleep(for: .milliseconds(450))
      #expect(try await socket.call(30, #""ping":{}"#)["ping"] != nil, "who waits is served again")
      try await socket.send((31..<80).map { #"{"id":\#($0),"ping":{}}"# }.joined(separator: "\n"))
      #expect(try await socket.closeCode() == 3509)
    }
  }

  @Test func pingsOfTheSocketCountToo() async throws {
    try await TestServer.run(configure: {
      $0.rate = CommandRate.Limits(commands: 5, frames: 10, refusals: 20)
    }) { server, _ in
      let socket = try await server.connected(as: "agent")
      // In one packet, so that no time goes by between them.
      let ping: [UInt8] = [0x89, 0x80, 1, 2, 3, 4]
      try await socket.connection.write(Array(repeatElement(ping, count: 60).joined()))
      #expect(try await socket.closeCode() == 3509)
    }
  }

  @Test func aFewConnectionsAUser() async throws {
    try await TestServer.run(configure: { $0.connectionsPerUser = 2 }) { server, _ in
      let first = try await server.connected(as: "agent")
      let stream = try await server.stream("agent")
      _ = try await stream.event("snapshot")
      let third = try await server.socket()
      try await third.send(#"{"id":1,"connect":{"token":"\#(try await server.token("agent"))"}}"#)
      #expect(try await third.closeCode() == 3504)
      let refused = try await server.request(
        .init(
          "GET", "/v1/queues/front-desk/events", token: try await server.token("agent"),
          headers: [("accept", "text/event-stream")]))
      #expect(refused.status == 429 && refused.json["detail"]?.string?.hasPrefix("connection limit") == true)
      _ = try await server.connected(as: "second")

      _ = try await first.call(2, #""refresh":{"token":"\#(try await server.token("agent"))"}"#)
      try await stream.connection.channel.close()
      for _ in 0..<200 where !server.services.connections.hasRoom(for: server.accounts.named("agent")!.id) {
        try await Task.sleep(for: .milliseconds(10))
      }
      _ = try await server.connected(as: "agent")
    }
  }

  @Test func aFewUnknownSocketsAnAddress() async throws {
    try await TestServer.run(configure: { $0.unauthenticatedPerAddress = 2 }) { server, _ in
      let silent = try await TestConnection(port: server.http)
      let unknown = try await server.socket()
      #expect(try await TestConnection.exchange(port: server.http, bytes: []).isEmpty, "closed at once")
      try await silent.channel.close()
      for _ in 0..<200 where server.services.connections.waitingCount > 1 {
        try await Task.sleep(for: .milliseconds(10))
      }
      // Ordinary requests, and sockets that have said who they are, count no more.
      let token = try await server.token("agent")
      try await unknown.send(#"{"id":1,"connect":{"token":"\#(token)"}}"#)
      #expect(try await unknown.reply()["connect"] != nil)
      let kept = try await TestConnection(port: server.http)
      try await kept.write(TestRequest("GET", "/.well-known/jwks.json", headers: [("connection", "keep-alive")]).bytes)
      for await _ in kept.received { break }
      #expect(server.services.connections.waitingCount == 0)
      for _ in 0..<3 { _ = try await server.connected(as: "agent") }
    }
  }

  @Test func headsAndBodiesThatDripAreEnded() async throws {
    try await TestServer.run(configure: {
      $0.handshakeTimeout = .seconds(2)
      $0.requestTimeout = .seconds(2)
      $0.idleTimeout = .seconds(3)
    }) { server, _ in
      /// Writes a byte each 100 ms until the server closes; what it said.
      @Sendable func drip(_ start: String, _ rest: String) async throws -> String {
        let connection = try await TestConnection(port: server.http)
        try await connection.write(Array(start.utf8))
        return await withTaskGroup(of: Void.self) { tasks in
          tasks.addTask {
            for byte in rest.utf8 {
              try? await Task.sleep(for: .milliseconds(100))
              guard connection.channel.isActive else { return }
              try? await connection.write([byte])
            }
          }
          var all = [UInt8]()
          for await some in connection.received { all += some }
          tasks.cancelAll()
          return String(decoding: all, as: UTF8.self)
        }
      }
      let long = String(repeating: "a", count: 400)
      async let head = drip("GET /v1/queues HTTP/1.1\r\nhost: localhost\r\nx: ", long)
      let post = "POST /v1/auth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
      async let body = drip(post + "content-length: 400\r\n\r\n", long)
      // The second request of a connection, and one that says nothing more.
      let first = "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n"
      async let next = drip(first + "GET /v1/queues HTTP/1.1\r\nhost: localhost\r\nx: ", long)
      async let idle = drip(first, "")
      let answers = try await (head: head, body: body, next: next, idle: idle)
      #expect(answers.head.isEmpty)
      #expect(answers.body.hasPrefix("HTTP/1.1 408") && answers.body.contains("request_timeout"), "\(answers.body)")
      #expect(answers.next.hasPrefix("HTTP/1.1 404") && !answers.next.contains("401"), "\(answers.next)")
      #expect(answers.idle.hasPrefix("HTTP/1.1 404"))
    }
  }

  #if os(Linux)
    @Test func whoIsGoneWithoutAWordIsNotKept() async throws {
      try await TestServer.run(configure: { $0.slowReaderTime = .seconds(7) }) { server, _ in
        _ = try await server.connected(as: "agent")
        let stream = try await server.stream("agent")
        _ = try await stream.event("snapshot")
        #expect(server.services.connections.count == 2)
        for connection in server.services.connections.all {
          #expect(try await connection.channel.getOption(GatewayChannel.unacknowledged).get() == 7_000)
        }
      }
    }
  #endif
}
