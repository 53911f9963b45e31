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
    for name in ["publish", "presence", "presence_stats", "history", "sub_refresh"] {
      #expect(try decode(#"{"id":1,"\#(name)":{}}"#) == [.unsupported(name)])
    }
    var request = SubscribeRequest(channel: "queue:q")
    request.recovers = true
    request.epoch = "e"
    request.offset = 9
    request.refusesUnrecovered = true
    #expect(
      try decode(#"{"id":1,"subscribe":{"channel":"queue:q","recover":true,"epoch":"e","offset":9,"flag":3,"new":[]}}"#)
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
      String(decoding: WireFormat.json.push(publication, to: QueueName("q")!), as: UTF8.self)
        == #"{"push":{"channel":"queue:q","pub":{"data":{"a":1},"offset":4}}}"#)
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
    #expect(Array(buffer: ServerFrame.close(.slow)) == [0x88, 6, 0x0B, 0xC0] + Array("slow".utf8))
  }

  @Test func channels() {
    #expect(ChannelName.queue("queue:front-desk") == QueueName("front-desk"))
    for channel in ["front-desk", "queue:", "queue:A", "queues:a", ""] { #expect(ChannelName.queue(channel) == nil) }
  }
}
