import ServiceQueue
import Testing

@testable import Gateway

/// The WebSocket in Protobuf: how it is asked for, binary frames both ways.
@Suite struct ProtobufSocketTests {
  private static let path = "/connection/websocket"

  /// A field that holds bytes; longer messages are made of these.
  private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2] + delimited(bytes) }

  private func delimited(_ bytes: [UInt8]) -> [UInt8] {
    precondition(bytes.count < 1 << 14)
    return bytes.count < 0x80
      ? [UInt8(bytes.count)] + bytes : [UInt8(bytes.count & 0x7F) | 0x80, UInt8(bytes.count >> 7)] + bytes
  }

  private func command(_ id: UInt8, _ request: UInt8, _ fields: [UInt8]) -> [UInt8] {
    delimited([0x08, id] + field(request, fields))
  }

  private func socket(
    _ server: TestServer, _ path: String = path, subprotocols: String? = nil
  ) async throws -> TestSocket {
    try await TestSocket(
      port: server.http, path: path, headers: subprotocols.map { [("sec-websocket-protocol", $0)] } ?? [])
  }

  /// The replies of the next frame, without their lengths.
  private func replies(_ socket: TestSocket) async throws -> [[UInt8]] {
    let frame = try await socket.frame()
    try #require(frame.opcode == 2, "\(frame.opcode) \(frame.closeCode ?? 0)")
    var rest = frame.payload[...]
    var replies = [[UInt8]]()
    while let first = rest.popFirst() {
      var length = Int(first & 0x7F)
      if first >= 0x80 { length |= Int(rest.removeFirst()) << 7 }
      replies.append(Array(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return replies
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(
    arguments: [
      ("/connection/websocket?cf_protocol=protobuf", nil, nil), (path, "centrifuge-protobuf", "centrifuge-protobuf"),
      (path, "chat, centrifuge-protobuf", "centrifuge-protobuf"),
    ] as [(String, String?, String?)]) func itIsAskedFor(_ path: String, _ offered: String?, _ answered: String?)
    async throws
  {
    try await TestServer.run { server, _ in
      let socket = try await socket(server, path, subprotocols: offered)
      let line = socket.handshake.lowercased().split(separator: "\r\n").first {
        $0.hasPrefix("sec-websocket-protocol:")
      }
      #expect(line.map(String.init) == answered.map { "sec-websocket-protocol: \($0)" })
      let token = try await server.token("agent")
      // Three commands in one frame, the last two before the reply to the first.
      let commands =
        command(1, 4, field(1, Array(token.utf8))) + command(2, 5, field(1, Array("queue:front-desk".utf8)))
        + command(3, 13, field(1, Array(#"{"queue":"front-desk"}"#.utf8)) + field(2, Array("queue.list".utf8)))
      try await socket.send(opcode: 2, commands)
      var found = [UInt8: [UInt8]]()
      while found.count < 3 { for reply in try await replies(socket) { found[reply[1]] = reply } }
      #expect(try #require(found[1])[2] == 5 << 3 | 2, "connect")
      let subscribed = try #require(found[2])
      #expect(subscribed[2] == 6 << 3 | 2)
      #expect(text(subscribed).contains(#"{"queue":"front-desk","version":0"#))
      #expect(try text(#require(found[3])).contains(#""services":[]"#))

      try await server.submit(customer: "Ada")
      let push = try #require(try await replies(socket).first)
      #expect(push[0] == 4 << 3 | 2)
      #expect(text(push).contains("queue:front-desk") && text(push).contains(#""type":"service.added""#))
      #expect(text(push).contains("Ada"))
    }
  }

  @Test(
    arguments: [
      (path, nil, nil), ("/connection/websocket?cf_protocol=json", nil, nil), (path, "chat", nil),
      (path, "centrifuge-json, centrifuge-protobuf", "centrifuge-json"),
      ("/connection/websocket?cf_protocol=protobuf", "centrifuge-json", "centrifuge-json"),
    ] as [(String, String?, String?)]) func otherwiseItIsJSON(_ path: String, _ offered: String?, _ answered: String?)
    async throws
  {
    try await TestServer.run { server, _ in
      let socket = try await socket(server, path, subprotocols: offered)
      let line = socket.handshake.lowercased().split(separator: "\r\n").first {
        $0.hasPrefix("sec-websocket-protocol:")
      }
      #expect(line.map(String.init) == answered.map { "sec-websocket-protocol: \($0)" })
      try await socket.send(#"{"id":1,"connect":{"token":"\#(try await server.token("agent"))"}}"#)
      #expect(try await socket.reply()["connect"] != nil)
    }
  }

  @Test func whatIsNoCommandEndsIt() async throws {
    try await TestServer.run { server, _ in
      for payload: [UInt8] in [[0x05], Array("{}".utf8), command(1, 5, []), []] {
        let socket = try await socket(server, subprotocols: "centrifuge-protobuf")
        try await socket.send(opcode: 2, payload)
        #expect(try await socket.closeCode() == 3501, "\(payload)")
      }
    }
  }

  @Test func bothFormatsSeeTheSameEvents() async throws {
    try await TestServer.run { server, _ in
      let json = try await server.connected(as: "agent")
      _ = try await json.call(2, #""subscribe":{"channel":"queue:front-desk"}"#)
      let protobuf = try await socket(server, subprotocols: "centrifuge-protobuf")
      let token = try await server.token("agent")
      try await protobuf.send(
        opcode: 2,
        command(1, 4, field(1, Array(token.utf8))) + command(2, 5, field(1, Array("queue:front-desk".utf8))))
      var count = 0
      while count < 2 { count += try await replies(protobuf).count }
      for _ in 0..<3 {
        try await server.submit(customer: "Ada")
        let frame = try await json.frame()
        let text = try #require(frame.text.firstRange(of: #""data":"#)).upperBound
        let data = frame.text[text...].dropLast(#","offset":1}}}"#.utf8.count)
        let push = try #require(try await replies(protobuf).first)
        #expect(self.text(push).contains(data), "the same bytes of JSON")
      }
    }
  }

  @Test func questionsOverASocket() async throws {
    try await TestServer.run { server, _ in
      try await server.submit()
      let socket = try await server.connected(as: "agent")
      let channel = #""channel":"queue:front-desk""#
      let history = try await socket.call(2, #""history":{\#(channel),"limit":10}"#)
      #expect(history[path: ["history", "offset"]]?.int == 1)
      #expect(history[path: ["history", "publications"]]?.array?.count == 1)
      let position = try await socket.call(3, #""history":{\#(channel)}"#)
      #expect(position[path: ["history", "publications"]]?.array?.isEmpty == true)
      let gone = try await socket.call(4, #""history":{\#(channel),"limit":1,"since":{"offset":1,"epoch":"x"}}"#)
      #expect(gone[path: ["error", "code"]]?.int == 112)
      let presence = try await socket.call(5, #""presence":{\#(channel)}"#)
      #expect(presence[path: ["presence", "presence"]]?.object != nil)
      let stats = try await socket.call(6, #""presence_stats":{\#(channel)}"#)
      #expect(stats[path: ["presence_stats", "num_clients"]]?.int != nil)
      try await socket.send(#"{"send":{"data":{}}}"#)
      let refused = try await socket.call(7, #""publish":{\#(channel),"data":1}"#)
      #expect(refused[path: ["error", "code"]]?.int == 108, "and what was sent did no harm")
    }
  }
}
