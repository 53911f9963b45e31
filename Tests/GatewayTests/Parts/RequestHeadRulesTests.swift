import NIOHTTP1
import Testing

@testable import Gateway

@Suite struct RequestHeadRulesTests {
  private static func allows(
    _ headers: [(String, String)], version: HTTPVersion = .http1_1
  ) -> Bool {
    RequestHeadRules.allow(HTTPRequestHead(version: version, method: .POST, uri: "/", headers: HTTPHeaders(headers)))
  }

  @Test func hosts() {
    for host in ["usher.example", "usher.example:8080", "[::1]:8080", "127.0.0.1", "a_b", "%C3%A9"] {
      #expect(Self.allows([("host", host)]), "\(host)")
    }
    for host in ["", "a b", "a/b", "a@b", "a?b", "a#b", "a\"b", "ä", "a\tb"] {
      #expect(!Self.allows([("host", host)]), "\(host)")
    }
    #expect(!Self.allows([]))
    #expect(!Self.allows([("host", "a"), ("Host", "a")]))
    #expect(Self.allows([], version: .http1_0))
    #expect(!Self.allows([("host", "a"), ("host", "b")], version: .http1_0))
  }

  @Test func codings() {
    let host = ("host", "a")
    #expect(Self.allows([host, ("transfer-encoding", "chunked")]))
    #expect(Self.allows([host, ("Transfer-Encoding", "Chunked")]))
    for coding in ["", "identity", "gzip, chunked", "chunked, chunked", "xchunked", "\"chunked\"", "chunked;q=1"] {
      #expect(!Self.allows([host, ("transfer-encoding", coding)]), "\(coding)")
    }
    #expect(!Self.allows([host, ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]))
    #expect(!Self.allows([host, ("transfer-encoding", "chunked")], version: .http1_0))
  }

  @Test func http1_0EndsWithItsAnswer() {
    var head = HTTPRequestHead(version: .http1_0, method: .GET, uri: "/", headers: ["connection": "keep-alive"])
    #expect(RequestHeadRules.normalised(head).headers["connection"] == ["close"])
    head.version = .http1_1
    #expect(RequestHeadRules.normalised(head) == head)
  }
}
