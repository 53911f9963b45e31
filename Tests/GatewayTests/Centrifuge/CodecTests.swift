import NIOCore
import ServiceQueue
import Testing

@testable import Gateway

/// Commands in, replies out, as bytes.
@Suite struct CodecTests {
  private func decode(_ text: String) throws -> [ClientCommand.Body] {
    try CommandDecoder.decode(frame: Array(text.utf8)).map(\.body)
  }

  @Test func everyCommand() throws {
    #expect(try decode("{}") == [.pong])
    #expect(try decode(#"{"id":1,"connect":{"token":"t","name":"js","data":{"a":1}}}"#) == [.connect(token: "t")])
    #expect(try decode(#"{"id":1,"connect":{}}"#) == [.connect(token: "")])
    #expect(try decode(#"{"id":1,"refresh":{"token":"t"}}"#) == [.refresh(token: "t")])
    #expect(try decode(#"{"id":1,"unsubscribe":{"channel":"c"}}"#) == [.unsubscribe(channel: "c")])
    #expect(try decode(#"{"id":1,"ping":{}}"#) == [.ping])
    #expect(try decode(#"{"send":{"data":1}}"#) == [.send])
    #expect(
      try decode(#"{"id":1,"rpc":{"method":"m","data":{"a":1}}}"#)
        == [.rpc(method: "m", data: try JSONScanner.parse(Array(#"{"a":1}"#.utf8)))])
    for name in ["publish", "sub_refresh"] {
      #expect(try decode(#"{"id":1,"\#(name)":{}}"#) == [.unsupported(name)])
    }
    #expect(try decode(#"{"id":1,"presence":{"channel":"c"}}"#) == [.presence(channel: "c")])
    #expect(try decode(#"{"id":1,"presence_stats":{"channel":"c"}}"#) == [.presenceStats(channel: "c")])
    #expect(try decode(#"{"id":1,"history":{"channel":"c"}}"#) == [.history(HistoryRequest(channel: "c"))])
    #expect(
      try decode(
        #"{"id":1,"history":{"channel":"c","limit":-1,"since":{"offset":5,"epoch":"e"},"reverse":true}}"#)
        == [
          .history(
            HistoryRequest(channel: "c", limit: -1, since: .init(offset: 5, epoch: "e"), reverse: true))
        ])
    var request = SubscribeRequest(channel: "queue:q")
    request.recovers = true
    request.epoch = "e"
    request.offset = 9
    request.refusesUnrecovered = true
    request.joinLeave = true
    #expect(
      try decode(
        #"{"id":1,"subscribe":{"channel":"queue:q","recover":true,"epoch":"e","offset":9,"flag":3,"join_leave":true,"#
          + #""new":[]}}"#)
        == [.subscribe(request)])
    #expect(try decode("{\"id\":1,\"ping\":{}}\n{}\n") == [.ping, .pong])
    #expect(try decode(#"{"connect":{}}"#) == [.pong], "without an id it is no command")
  }

  @Test(arguments: [
    "", "\n", "x", "[]", "{", #"{"id":-1,"ping":{}}"#, #"{"id":4294967296,"ping":{}}"#, #"{"id":"1","ping":{}}"#,
    #"{"id":1}"#, #"{"id":1,"ping":1}"#, #"{"id":1,"connect":{"token":1}}"#, #"{"id":1,"refresh":{}}"#,
    #"{"id":1,"subscribe":{}}"#, #"{"id":1,"subscribe":{"channel":""}}"#,
    #"{"id":1,"subscribe":{"channel":"c","offset":-1}}"#,
    #"{"id":1,"subscribe":{"channel":"c","recover":1}}"#, #"{"id":1,"unsubscribe":{}}"#, "{}{}",
    #"{"id":1,"presence":{}}"#, #"{"id":1,"presence_stats":{"channel":""}}"#, #"{"id":1,"history":{}}"#,
    #"{"id":1,"history":{"channel":"c","limit":"1"}}"#, #"{"id":1,"history":{"channel":"c","since":1}}"#,
    #"{"id":1,"history":{"channel":"c","since":{"offset":-1}}}"#,
  ]) func whatIsNoCommand(_ text: String) {
    #expect(throws: CommandDecoder.Malformed.self) { try decode(text) }
  }

  @Test func tooManyCommandsInAFrame() {
    let frame = String(repeating: "{}\n", count: CommandDecoder.maximumCommands + 1)
    #expect(throws: CommandDecoder.Malformed.self) { try decode(frame) }
  }

  @Test func subscribeReplies() throws {
    func text(_ loaded: LoadedChannel) -> String {
      String(decoding: WireFormat.json.encode(.subscribe(3, loaded)), as: UTF8.self)
    }
    let epoch = Epoch("e")!
    let publication = Publication(data: Array(#"{"a":1}"#.utf8), offset: 4)
    #expect(
      text(LoadedChannel(epoch: epoch, version: 4, content: .recovered([publication]), wasRecovering: true))
        == #"{"id":3,"subscribe":{"recoverable":true,"epoch":"e","offset":4,"positioned":true,"was_recovering":true,"#
        + #""recovered":true,"publications":[{"data":{"a":1},"offset":4}]}}"#)
    #expect(
      text(LoadedChannel(epoch: epoch, version: 4, content: .snapshot(Array("{}".utf8)), wasRecovering: true))
        == #"{"id":3,"subscribe":{"recoverable":true,"epoch":"e","offset":4,"positioned":true,"was_recovering":true,"#
        + #""recovered":false,"data":{}}}"#)
    #expect(
      String(decoding: WireFormat.json.push(publication, to: QueueName("q")!, of: Epoch("e")!), as: UTF8.self)
        == #"{"push":{"channel":"queue:q","pub":{"data":{"a":1},"offset":4}}}"#)
  }

  @Test func repliesAboutAChannel() throws {
    func text(_ reply: ServerReply) -> String { String(decoding: WireFormat.json.encode(reply), as: UTF8.self) }
    let queue = QueueName("q")!
    let entry = PresenceEntry(connection: "c", user: "u", name: "ann", level: .agent)
    let info = #"{"user":"u","client":"c","conn_info":{"name":"ann","level":"agent"}}"#
    #expect(text(.presence(5, [entry])) == #"{"id":5,"presence":{"presence":{"c":\#(info)}}}"#)
    #expect(
      text(.presenceStats(6, connections: 3, users: 2))
        == #"{"id":6,"presence_stats":{"num_clients":3,"num_users":2}}"#)
    let page = ChannelPage(
      epoch: Epoch("e")!, version: 9, publications: [Publication(data: Array("{}".utf8), offset: 4)])
    #expect(
      text(.history(7, page)) == #"{"id":7,"history":{"publications":[{"data":{},"offset":4}],"epoch":"e","offset":9}}"#
    )
    for (kind, push) in [(PresenceChange.Kind.joined, "join"), (.left, "leave")] {
      let change = PresenceChange(queue: queue, kind: kind, entry: entry)
      #expect(
        String(decoding: WireFormat.json.push(change), as: UTF8.self)
          == #"{"push":{"channel":"queue:q","\#(push)":{"info":\#(info)}}}"#)
    }
  }

  @Test func frames() {
    let small = ServerFrame.text([Array("{}".utf8), Array("{}".utf8)])
    #expect(Array(buffer: small) == [0x81, 5] + Array("{}\n{}".utf8))
    let medium = [UInt8](repeating: 1, count: 40_000)
    let two = Array(buffer: ServerFrame.text([medium, medium]))
    #expect(Array(two[0..<4]) == [0x81, 126, 0x9C, 0x40], "joined they would be too long")
    #expect(two.count == 2 * 40_004)
    let large = Array(buffer: ServerFrame.text([[UInt8](repeating: 1, count: 70_000)]))
    #expect(Array(large[0..<10]) == [0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70])
    let binary = ServerFrame.binary([[1, 2], [3]])
    #expect(Array(buffer: binary) == [0x82, 3, 1, 2, 3], "they tell their lengths themselves")
    #expect(Array(buffer: ServerFrame.binary([medium, medium])).count == 2 * 40_004)
    #expect(Array(buffer: ServerFrame.close(.slow)) == [0x88, 6, 0x0B, 0xC0] + Array("slow".utf8))
  }

  @Test func channels() {
    #expect(ChannelName.queue("queue:front-desk") == QueueName("front-desk"))
    for channel in ["front-desk", "queue:", "queue:A", "queues:a", ""] { #expect(ChannelName.queue(channel) == nil) }
  }
}
