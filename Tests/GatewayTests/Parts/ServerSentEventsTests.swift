import NIOCore
import ServiceQueue
import Testing

@testable import Gateway

/// Events as they go over the wire, and the client that stands in for a reader. No I/O.
@Suite struct ServerSentEventsTests {
  private static let queue = QueueName("front-desk")!
  private static let epoch = Epoch("e1")!

  private func text(_ reply: ServerReply) -> String { String(decoding: ServerSentEvents.encode(reply), as: UTF8.self) }

  private func client(limit: Int? = nil, position: (Epoch, QueueVersion)? = nil) -> StreamClient {
    StreamClient(token: "t", queue: Self.queue, limit: limit, position: position)
  }

  @Test func whatAReaderGets() {
    let snapshot = LoadedChannel(
      epoch: Self.epoch, version: 7, content: .snapshot(Array(#"{"version":7}"#.utf8)), wasRecovering: false)
    #expect(text(.subscribe(2, snapshot)) == "event: snapshot\nid: e1:7\ndata: {\"version\":7}\n\n")
    let missed = [8, 9].map { Publication(data: Array("{\"v\":\($0)}".utf8), offset: $0) }
    let recovered = LoadedChannel(epoch: Self.epoch, version: 9, content: .recovered(missed), wasRecovering: true)
    #expect(
      text(.subscribe(2, recovered))
        == "event: change\nid: e1:8\ndata: {\"v\":8}\n\nevent: change\nid: e1:9\ndata: {\"v\":9}\n\n")
    #expect(
      text(.unsubscribed(Self.queue, .insufficientState))
        == "event: reset\ndata: {\"code\":2500,\"reason\":\"insufficient state\"}\n\n")
    #expect(text(.ping) == ": ping\n\n")
    for reply in [ServerReply.error(1, .permissionDenied), .pong(1), .rpc(1, data: []), .unsubscribe(1)] {
      #expect(text(reply).isEmpty)
    }
  }

  @Test func eachConnectionWaitsAnotherWhileBeforeItComesBack() throws {
    let waits = try (0..<50).map { index in
      let client = "018f0000-0000-7000-8000-0000000\(String(index * 7_919 + 0x10000, radix: 16))"
      let line = text(.connect(1, SessionTerms(client: client, version: "v", ttl: 1, ping: 25, time: 0)))
      let wait = try #require(line.firstMatch(of: /^retry: (\d+)\n\n$/))
      return try #require(Int(wait.1))
    }
    #expect(waits.allSatisfy(ServerSentEvents.retry.contains) && Set(waits).count > 40)
  }

  @Test func chunksOfTheAnswer() {
    #expect(
      String(buffer: ServerSentEvents.chunk([Array("abc".utf8), Array("0123456789abcd".utf8)]))
        == "11\r\nabc0123456789abcd\r\n")
    #expect(ServerSentEvents.chunk([]).readableBytes == 0, "an empty chunk would end the answer")
    #expect(ServerSentEvents.chunk([[]]).readableBytes == 0)
    let end = String(buffer: ServerSentEvents.end(.shutdown))
    #expect(end == "34\r\nevent: end\ndata: {\"code\":3001,\"reason\":\"shutdown\"}\n\n\r\n0\r\n\r\n")
  }

  @Test func theClientsPart() throws {
    guard case .subscribe(let fresh) = client(limit: 7).opening[1].body else { throw Unexpected() }
    #expect(fresh.channel == "queue:front-desk" && !fresh.recovers && fresh.data?["limit"]?.int == 7)
    let back = client(position: (Self.epoch, 9))
    guard case .subscribe(let resumed) = back.opening[1].body else { throw Unexpected() }
    #expect(resumed.recovers && resumed.epoch == "e1" && resumed.offset == 9 && resumed.data == nil)
    #expect(!resumed.refusesUnrecovered, "a snapshot then")
    guard case .say(let again) = back.step(after: .unsubscribed(Self.queue, .insufficientState)),
      case .subscribe(let anew) = again.body
    else { throw Unexpected() }
    #expect(!anew.recovers, "what was lost cannot be recovered")
    #expect(back.step(after: .error(2, .permissionDenied)) == .end(Disconnect(code: 3501, reason: "permission denied")))
    #expect(back.step(after: .error(2, .tooManyRequests)) == .end(Disconnect(code: 3004, reason: "too many requests")))
    #expect(back.step(after: .ping) == nil)
  }
}
