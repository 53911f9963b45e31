import ServiceQueue
import Testing

@testable import usher_bench

@Suite struct WireTests {
  @Test func answersAreReadHoweverTheirBytesCome() throws {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\nX: y\r\n\r\nrest"
    var answers = HTTPAnswers()
    var read: [HTTPAnswer] = []
    for byte in text.utf8 {
      answers.append([byte])
      while let answer = try answers.next() { read.append(answer) }
    }
    #expect(read.map(\.status) == [200, 204])
    #expect(read.map { String(decoding: $0.body, as: UTF8.self) } == ["hello", ""])
    #expect(answers.takeRest() == Array("rest".utf8))
  }

  @Test func anAnswerWithoutALengthIsRefused() {
    var answers = HTTPAnswers()
    answers.append(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
    #expect(throws: LoadError("bad_answer")) { try answers.next() }
  }

  @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 200_000])
  func framesOfEveryLengthAreRead(_ length: Int) throws {
    let payload = [UInt8](repeating: 7, count: length)
    // A server's frame is a client's without its mask.
    var bytes = ClientFrames.text(payload)
    let head = bytes.count - length
    bytes.removeSubrange(head - 4..<head)
    bytes[1] &= 0x7F
    var frames = ClientFrames()
    frames.append(Array(bytes.dropLast()))
    if length > 0 { #expect(try frames.next() == nil) }
    frames.append([bytes[bytes.count - 1]])
    #expect(try frames.next() == .text(payload))
    #expect(try frames.next() == nil)
  }

  @Test func fragmentsAreJoinedAndPingsComeBetween() throws {
    var frames = ClientFrames()
    frames.append([0x01, 2, 1, 2] + [0x89, 1, 9] + [0x8A, 0] + [0x80, 1, 3] + [0x88, 2, 0x0B, 0xB9])
    #expect(try frames.next() == .ping([9]))
    #expect(try frames.next() == .text([1, 2, 3]))
    #expect(try frames.next() == .close(3_001))
  }

  @Test func aMaskedFrameOfAServerIsRefused() {
    var frames = ClientFrames()
    frames.append([0x81, 0x81, 0, 0, 0, 0, 1])
    #expect(throws: LoadError("bad_frame")) { try frames.next() }
  }

  @Test func commandsAreWhatRestAndRPCTake() throws {
    let answer = try json(
      #"{"service":{"id":"0192f7a0-0000-7000-8000-000000000001","fence":7,"state":"claimed"},"queue_version":7}"#)
    let service = try ClaimedService(answer)
    #expect(DeskCommand.noShow(service).path == "/v1/services/0192f7a0-0000-7000-8000-000000000001/no-show")
    #expect(DeskCommand.noShow(service).method == "service.no_show")
    #expect(String(decoding: DeskCommand.start(service).body, as: UTF8.self) == #"{"fence":7}"#)
    #expect(
      String(decoding: DeskCommand.hold(service).data, as: UTF8.self)
        == #"{"id":"0192f7a0-0000-7000-8000-000000000001","fence":7}"#)
    let queue = try #require(QueueName("load"))
    #expect(DeskCommand.claimNext(queue).path == "/v1/queues/load/claim-next")
    #expect(String(decoding: DeskCommand.claimNext(queue).data, as: UTF8.self) == #"{"queue":"load"}"#)
    #expect(throws: LoadError("bad_answer")) { try ClaimedService(try json("{}")) }
  }
}
