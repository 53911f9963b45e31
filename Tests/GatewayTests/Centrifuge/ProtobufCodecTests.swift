import ServiceQueue
import Testing

@testable import Gateway

/// Commands and replies in Protobuf, against bytes that the protocol's Python SDK made and reads.
@Suite struct ProtobufCodecTests {
  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func decode(_ hex: String) throws -> [ClientCommand] { try WireFormat.protobuf.commands(in: bytes(hex)) }

  private static let rpc = "1108ac026a0c0a077b2261223a317d12016d"
  private static let ping = "0408095a00"

  @Test func everyCommand() throws {
    func one(_ hex: String) throws -> ClientCommand {
      let commands = try decode(hex)
      try #require(commands.count == 1)
      return commands[0]
    }
    #expect(try one("00") == ClientCommand(id: 0, body: .pong))
    #expect(
      try one("220801221e0a017412027b7d1a0a0a016112050a016118012206707974686f6e2a0131")
        == ClientCommand(id: 1, body: .connect(token: "t")), "with name, version, data and subs")
    #expect(try one("07080272030a0174") == ClientCommand(id: 2, body: .refresh(token: "t")))
    var request = SubscribeRequest(channel: "queue:q")
    request.recovers = true
    request.epoch = "e"
    request.offset = 9
    request.refusesUnrecovered = true
    request.joinLeave = true
    request.data = try JSONScanner.parse(Array(#"{"limit":7}"#.utf8))
    #expect(
      try one(
        "3408032a300a0771756575653a7112017818013201653809420b7b226c696d6974223a377d4801500158016206666f7373696c7003")
        == ClientCommand(id: 3, body: .subscribe(request)), "with token and delta")
    #expect(
      try one("0d080432090a0771756575653a71") == ClientCommand(id: 4, body: .unsubscribe(channel: "queue:q")))
    #expect(
      try one("1008053a0c0a0771756575653a71120131") == ClientCommand(id: 5, body: .unsupported("publish")))
    #expect(try one("0d080642090a0771756575653a71") == ClientCommand(id: 6, body: .presence(channel: "queue:q")))
    #expect(
      try one("0d08074a090a0771756575653a71") == ClientCommand(id: 7, body: .presenceStats(channel: "queue:q")))
    let history = HistoryRequest(
      channel: "queue:q", limit: -1, since: .init(offset: 5, epoch: "e"), reverse: true)
    #expect(
      try one("210808521d0a0771756575653a7138ffffffffffffffffff01420508051201654801")
        == ClientCommand(id: 8, body: .history(history)))
    #expect(try one(Self.ping) == ClientCommand(id: 9, body: .ping))
    #expect(try one("0562030a0131") == ClientCommand(id: 0, body: .send))
    let data = try JSONScanner.parse(Array(#"{"a":1}"#.utf8))
    #expect(try one(Self.rpc) == ClientCommand(id: 300, body: .rpc(method: "m", data: data)))
    #expect(
      try one("10080b7a0c0a0771756575653a71120174") == ClientCommand(id: 11, body: .unsupported("sub_refresh")))
    #expect(try one("0522030a0174") == ClientCommand(id: 0, body: .pong), "without an id it is no command")
  }

  @Test func severalInAFrame() throws {
    #expect(try decode(Self.rpc + "00" + Self.ping).map(\.body.name) == ["rpc", "pong", "ping"])
    let most = String(repeating: "00", count: CommandDecoder.maximumCommands)
    #expect(try decode(most).count == CommandDecoder.maximumCommands)
    #expect(throws: CommandDecoder.Malformed.self) { try decode(most + "00") }
  }

  @Test func aLengthMayBeLonger() throws {
    #expect(try decode("8080808000").map(\.body) == [.pong])
    #expect(throws: CommandDecoder.Malformed.self) { try decode("808080808000") }
  }

  @Test(arguments: [
    "", "01", "80", "0508095a00", "ffffffff0f", "ffffffffffffffffff01", "0b08ac026a060a017b12016d", "0408032a00",
    "020803", "0408037200", "0408093200", "0408094200", "0408094a00", "0408095200", "0108", "017f",
    // A channel that is not UTF-8.
    "0708032a030a01ff",
  ]) func whatIsNoCommand(_ hex: String) {
    #expect(throws: CommandDecoder.Malformed.self) { try decode(hex) }
  }

  /// No prefix and no changed byte of a frame does harm; nor does what is nested deeper than anything in the protocol.
  @Test func whatIsBrokenIsRefusedOrRead() {
    let frame = bytes(
      "3408032a300a0771756575653a7112017818013201653809420b7b226c696d6974223a377d4801500158016206666f7373696c7003"
        + Self.rpc + "210808521d0a0771756575653a7138ffffffffffffffffff01420508051201654801")
    for end in frame.indices { _ = try? WireFormat.protobuf.commands(in: Array(frame[..<end])) }
    for place in frame.indices {
      for bit in 0..<8 {
        var broken = frame
        broken[place] ^= 1 << bit
        _ = try? WireFormat.protobuf.commands(in: broken)
      }
    }
    // Groups of an unknown field, opened and never closed.
    let groups = Array(repeating: [0xA3, 0x06] as [UInt8], count: 100).joined()
    #expect(throws: CommandDecoder.Malformed.self) {
      try WireFormat.protobuf.commands(in: [200, 1] + groups)
    }
  }

  private static let entry = PresenceEntry(connection: "c", user: "u", name: "ann", level: .agent)
  private static let publication = Publication(data: Array(#"{"a":1}"#.utf8), offset: 4)

  private static func loaded(_ content: LoadedChannel.Content, recovering: Bool) -> LoadedChannel {
    LoadedChannel(epoch: Epoch("e")!, version: 4, content: content, wasRecovering: recovering)
  }

  private static let terms = SessionTerms(client: "c", version: "v", ttl: 600, ping: 25, time: 1_000_000)

  static let replies: [(ServerReply, String)] = [
    (.ping, "00"),
    (.error(2, .tooManyRequests), "1b08021217086f1211746f6f206d616e792072657175657374731801"),
    (.connect(1, terms), "1708012a130a0163120176180120d8043819400158c0843d"),
    (.refresh(2, terms), "0f0802720b0a0163120176180120d804"),
    (
      .subscribe(3, loaded(.recovered([publication]), recovering: true)),
      "1e0803321a18013201653a0b22077b2261223a317d30044001480450016001"
    ),
    (
      .subscribe(3, loaded(.snapshot(Array("{}".utf8)), recovering: false)),
      "110803320d1801320165480450015a027b7d"
    ),
    (.unsubscribe(4), "0408043a00"),
    (
      .presence(5, [entry]),
      "3108054a2d0a2b0a016312260a01751201631a1e7b226e616d65223a22616e6e222c226c6576656c223a226167656e74227d"
    ),
    (.presenceStats(6, connections: 3, users: 2), "080806520408031002"),
    (
      .history(
        7,
        ChannelPage(
          epoch: Epoch("e")!, version: 9, publications: [Publication(data: Array("{}".utf8), offset: 4)])),
      "1108075a0d0a0622027b7d30041201651809"
    ),
    (.rpc(8, data: Array(#"{"a":1}"#.utf8)), "0d08086a090a077b2261223a317d"),
    (.pong(9), "0408096200"),
    (
      .unsubscribed(QueueName("q")!, .insufficientState),
      "242222120771756575653a713a1710c4131a12696e73756666696369656e74207374617465"
    ),
    (
      .join(QueueName("q")!, entry),
      "352233120771756575653a712a280a260a01751201631a1e"
        + "7b226e616d65223a22616e6e222c226c6576656c223a226167656e74227d"
    ),
    (
      .leave(QueueName("q")!, entry),
      "352233120771756575653a7132280a260a01751201631a1e"
        + "7b226e616d65223a22616e6e222c226c6576656c223a226167656e74227d"
    ),
  ]

  @Test func everyReply() {
    for (reply, expected) in Self.replies { #expect(hex(WireFormat.protobuf.encode(reply)) == expected, "\(reply)") }
  }

  @Test func pushes() {
    let queue = QueueName("q")!
    #expect(
      hex(WireFormat.protobuf.push(Self.publication, to: queue, of: Epoch("e")!))
        == "182216120771756575653a71220b22077b2261223a317d3004")
    for (kind, reply) in [
      (PresenceChange.Kind.joined, ServerReply.join(queue, Self.entry)), (.left, .leave(queue, Self.entry)),
    ] {
      let change = PresenceChange(queue: queue, kind: kind, entry: Self.entry)
      for format in WireFormat.allCases { #expect(format.push(change) == format.encode(reply)) }
    }
  }

  @Test func aLongReply() throws {
    let bytes = WireFormat.protobuf.encode(.rpc(1, data: [UInt8](repeating: UInt8(ascii: "1"), count: 300)))
    #expect(Array(bytes.prefix(2)) == [0xB4, 0x02], "308 bytes follow")
    #expect(bytes.count == 310)
  }
}
