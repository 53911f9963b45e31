import NIOCore
import Testing

@testable import Gateway

/// The rules of `FrameReader` at work on real sockets.
@Suite struct FrameRuleTests {
  @Test func violationsCloseWithTheirCode() async throws {
    try await TestServer.run { server, _ in
      let binary = try await server.socket()
      try await binary.send(opcode: 2, [1, 2, 3])
      #expect(try await binary.closeCode() == 1003)
      let garbled = try await server.socket()
      try await garbled.send(opcode: 1, [0x7B, 0xC0], fin: false)
      #expect(try await garbled.closeCode() == 1007, "before the message is whole")
      let fragmented = try await server.socket()
      try await fragmented.send(opcode: 9, [], fin: false)
      #expect(try await fragmented.closeCode() == 1002)
      let unknown = try await server.socket()
      try await unknown.send(opcode: 11, [])
      #expect(try await unknown.closeCode() == 1002)
      let short = try await server.socket()
      try await short.send(opcode: 8, [3])
      #expect(try await short.closeCode() == 1002)
    }
  }

  @Test func aClientsCloseIsAnsweredWithItsCode() async throws {
    try await TestServer.run { server, _ in
      for (payload, code) in [([UInt8](), 1000), ([0x03, 0xE9], 1001), ([0x0F, 0xA0, 0x62, 0x79, 0x65], 4000)] {
        let socket = try await server.connected(as: "agent")
        try await socket.send(opcode: 8, payload)
        #expect(try await socket.closeCode() == code)
        await #expect(throws: TestSocket.Ended.self) { _ = try await socket.frame() }
      }
    }
  }

  @Test func aClosedConnectionIsLetGo() async throws {
    try await TestServer.run { server, _ in
      let socket = try await server.connected(as: "agent")
      _ = try await socket.call(2, #""subscribe":{"channel":"queue:front-desk"}"#)
      let held = Held(server.services.connections.all.first)
      try #require(held.connection != nil)
      try await socket.connection.channel.close()
      for _ in 0..<500 where held.connection != nil { try await Task.sleep(for: .milliseconds(10)) }
      #expect(held.connection == nil, "by its channel, its loop and its jobs")
      #expect(server.services.connections.count == 0)
    }
  }

  /// Commands in one write with the request that upgrades are not lost.
  @Test func whatComesWithTheUpgradeIsRead() async throws {
    try await TestServer.run { server, _ in
      let connection = try await TestConnection(port: server.http)
      let request = TestRequest(
        "GET", "/connection/websocket",
        headers: [
          ("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
          ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ])
      let ping: [UInt8] = [0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69]
      try await connection.write(request.bytes + ping)
      var bytes = [UInt8]()
      for await some in connection.received {
        bytes += some
        if bytes.suffix(4) == [0x8A, 2, 0x68, 0x69] { break }
      }
      #expect(bytes.suffix(4) == [0x8A, 2, 0x68, 0x69])
      try await connection.channel.close()
    }
  }
}

private final class Held: Sendable {
  // Read and written by the runtime alone after `init`.
  nonisolated(unsafe) private(set) weak var connection: ConnectionActor?

  init(_ connection: ConnectionActor?) { self.connection = connection }
}
