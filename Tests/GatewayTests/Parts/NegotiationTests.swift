import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Gateway

/// What headers say about the form of an answer.
@Suite struct NegotiationTests {
  @Test(arguments: [
    ([], true), (["W/\"1\""], true), (["\"1\""], true), (["\"0\", \"1\""], true), (["\"0\"", "\"1\""], true),
    (["*"], true), ([" W/\"a,b\" ,\t\"1\" "], true), (["\"2\""], false), (["1"], false), ([""], false),
    (["\"1"], false), (["\"a\" garbage \"1\""], false), (["w/\"1\""], false),
  ]) func ifNoneMatch(_ fields: [String], _ matches: Bool) {
    #expect(EntityTags.match("\"1\"", fields) == (matches && !fields.isEmpty))
  }

  @Test func notModifiedKeepsWhatCachesNeed() {
    func answer(_ method: HTTPRequest.Method, _ status: HTTPResponse.Status) -> Response {
      let request = Request(
        head: .init(method: method, scheme: nil, authority: nil, path: "/", headerFields: [.ifNoneMatch: "\"a\""]),
        body: .init(buffer: ByteBuffer()))
      let body = ResponseBody(byteBuffer: ByteBuffer(string: "text"))
      return EntityTags.condense(
        Response(
          status: status, headers: [.eTag: "\"a\"", .contentType: "x/y", .cacheControl: "no-cache"], body: body),
        for: request)
    }
    let condensed = answer(.get, .ok)
    #expect(condensed.status == .notModified)
    #expect(condensed.headers == [.eTag: "\"a\"", .cacheControl: "no-cache"])
    #expect(condensed.body.contentLength == 0)
    #expect(answer(.head, .ok).status == .notModified)
    #expect(answer(.post, .ok).status == .ok)
    #expect(answer(.get, .notFound).status == .notFound)
  }

  @Test(arguments: [
    ([], "a/json"), (["*/*"], "a/json"), (["b/csv"], "b/csv"), (["b/csv, */*"], "b/csv"), (["*/*;q=0.1, b/*"], "b/csv"),
    (["a/json;q=0.5,b/csv;q=0.4"], "a/json"), (["a/json;q=0, */*"], "b/csv"), (["B/CSV ; q=1.0"], "b/csv"),
    (["a/json, b/csv"], "a/json"), (["c/other"], nil), (["a/json;q=0"], nil), (["a/json;q=2"], nil),
    (["c/other", "b/csv;header=present"], "b/csv"), ([""], nil),
  ]) func accept(_ fields: [String], _ best: String?) {
    #expect(MediaTypes.best(of: ["a/json", "b/csv"], accept: fields) == best)
  }

  @Test(arguments: [
    ([], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true), (["br, gzip;q=0.5"], true), (["*"], true),
    (["gzip;q=0"], false), (["gzip;q=0, *"], false), (["identity, gzip;q=0.5"], false),
    (["identity;q=0.5, gzip"], true),
    (["deflate"], false), (["identity"], false), ([""], false), (["br", "gzip"], true), (["*;q=0"], false),
    (["gzip; q=0.000"], false), (["gzip;q=nonsense"], false),
  ]) func acceptEncoding(_ fields: [String], _ takes: Bool) {
    #expect(ContentCoding.takesGzip(fields) == takes)
  }

  @Test func whatIsCompressed() {
    func isWorthwhile(_ type: String, _ bytes: Int, _ more: HTTPFields = [:], path: String = "/v1/queues") -> Bool {
      var headers = more
      headers[.contentType] = type
      let body = ResponseBody(byteBuffer: ByteBuffer(repeating: 0, count: bytes))
      return ContentCoding.isWorthwhile(Response(status: .ok, headers: headers, body: body), path: path)
    }
    #expect(isWorthwhile("application/json", 1_024))
    #expect(isWorthwhile("text/csv; charset=utf-8", 5_000))
    #expect(isWorthwhile("application/problem+json", 2_000))
    #expect(!isWorthwhile("application/json", 1_023))
    #expect(!isWorthwhile("text/event-stream", 5_000))
    #expect(!isWorthwhile("application/json", 5_000, [.eTag: "\"1\""]))
    #expect(!isWorthwhile("application/json", 5_000, path: "/v1/auth/token"))
    let stream = Response(status: .ok, headers: [.contentType: "text/csv"], body: ResponseBody { _ in })
    #expect(ContentCoding.isWorthwhile(stream, path: "/v1/history"))
  }

  @Test func varyGrows() {
    var headers: HTTPFields = [:]
    headers.vary(on: .origin)
    headers.vary(on: .acceptEncoding)
    headers.vary(on: .origin)
    #expect(headers[.vary]?.lowercased() == "origin, accept-encoding")
  }

  @Test(arguments: [
    ("abc", "abc"), ("A-z.0_9", "A-z.0_9"), (String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
    (String(repeating: "x", count: 129), nil), ("", nil), ("a b", nil), ("a\"b", nil), ("ä", nil),
  ]) func requestIDs(_ text: String, _ taken: String?) {
    #expect(RequestID.given([RequestID.header: text]) == taken)
  }

  @Test func otherOrigins() {
    let origins = CrossOrigin(allowed: ["https://desk.example"])
    func headers(_ origin: String?, _ origins: CrossOrigin) -> HTTPFields {
      var headers: HTTPFields = [:]
      origins.apply(to: &headers, for: origin.map { [.origin: $0] } ?? [:])
      return headers
    }
    let allowed = headers("https://desk.example", origins)
    #expect(allowed[.accessControlAllowOrigin] == "https://desk.example" && allowed[.vary] == "Origin")
    #expect(allowed[.accessControlExposeHeaders]?.contains("ETag") == true)
    #expect(allowed[.accessControlAllowCredentials] == nil)
    for other in ["https://evil.example", "null", "https://desk.example.evil"] {
      #expect(headers(other, origins) == [.vary: "Origin"])
    }
    #expect(headers(nil, origins) == [.vary: "Origin"])
    #expect(headers("https://any.example", CrossOrigin(allowed: [])).isEmpty)
    #expect(headers("https://a.b", CrossOrigin(allowed: ["*"]))[.accessControlAllowOrigin] == "https://a.b")

    let preflight = origins.options(
      ["GET", "POST"], for: [.origin: "https://desk.example", .accessControlRequestMethod: "POST"])
    #expect(preflight.status == .noContent && preflight.headers[.accessControlAllowMethods] == "GET, POST")
    #expect(preflight.headers[.accessControlAllowHeaders]?.contains("Idempotency-Key") == true)
    let foreign = origins.options(["GET"], for: [.origin: "https://x.y", .accessControlRequestMethod: "GET"])
    #expect(foreign.headers[.allow] == "GET" && foreign.headers[.accessControlAllowMethods] == nil)
  }
}
