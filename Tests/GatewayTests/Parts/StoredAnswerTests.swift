import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Gateway

@Suite struct StoredAnswerTests {
  @Test func comesBackByteForByte() async throws {
    let body = Array(#"{"id":"1","text":"ä\n"}"#.utf8) + [0, 0xFF, 0x0A]
    let response = Response(
      status: .created, headers: [.contentType: "application/json", .location: "/v1/users/1", .eTag: "\"1\""],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    let stored = try #require(try await StoredAnswer(response))
    let back = try #require(StoredAnswer(encoded: stored.encoded))
    #expect(back == stored && back.body == body && back.status == 201)
    #expect(back.response.headers == response.headers)
    #expect(StoredAnswer(encoded: Array("{}\n".utf8)) == nil)
    #expect(StoredAnswer(encoded: []) == nil)
  }

  @Test func aStreamIsGatheredUpToABound() async throws {
    func stored(_ pieces: Int) async throws -> StoredAnswer? {
      try await StoredAnswer(
        Response(
          status: .ok,
          body: ResponseBody { writer in
            for _ in 0..<pieces { try await writer.write(ByteBuffer(repeating: 1, count: 65_536)) }
            try await writer.finish(nil)
          }))
    }
    #expect(try await stored(4)?.body.count == 262_144)
    #expect(try await stored(5) == nil)
  }

  @Test func whatTellsToTryAgainIsNotKept() {
    for status in [200, 201, 204, 400, 403, 409, 422] { #expect(StoredAnswer.isKept(status: status)) }
    for status in [429, 500, 503, 504] { #expect(!StoredAnswer.isKept(status: status)) }
  }
}
