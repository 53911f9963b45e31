import NIOHTTP1
import ServiceQueue
import Testing

@testable import Gateway

@Suite struct SmallPartsTests {
  @Test func moments() {
    for text in ["1970-01-01T00:00:00.000Z", "2026-11-24T09:30:00.250Z", "2000-02-29T23:59:59.999Z"] {
      #expect(Timestamp(rfc3339: text)?.description == text)
    }
    #expect(Timestamp(rfc3339: "2026-11-24T10:30:00+01:00")?.description == "2026-11-24T09:30:00.000Z")
    #expect(Timestamp(rfc3339: "1969-12-31T23:59:59.5Z")?.milliseconds == -500)
    for bad in [
      "", "2026-11-24", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-24T09:30:00", "2026-11-24T09:30:00Zx",
    ] {
      #expect(Timestamp(rfc3339: bad) == nil, "\(bad)")
    }
  }

  @Test func argumentsNameWhatIsWrong() throws {
    let value = try JSONScanner.parse(Array(#"{"a":"x","n":7,"z":null,"l":["p",1]}"#.utf8))
    let arguments = try Arguments(value, known: ["a", "n", "z", "l"])
    #expect(try arguments.string("a") == "x")
    #expect(try arguments.string("z") == nil)
    #expect(arguments.has("z"))
    #expect(try arguments.integer("n", in: 0...9) == 7)
    func message(_ body: () throws(GatewayError) -> Void) -> String {
      do throws(GatewayError) { try body() } catch { return error.message }
      return ""
    }
    #expect(message { () throws(GatewayError) in _ = try arguments.integer("n", in: 0...5) }.contains("\"n\""))
    #expect(message { () throws(GatewayError) in _ = try arguments.string("n") }.contains("\"n\" must be a string"))
    #expect(message { () throws(GatewayError) in _ = try arguments.strings("l") }.contains("\"l\""))
    #expect(message { () throws(GatewayError) in _ = try arguments.required("z") } == "\"z\" is missing")
    #expect(message { () throws(GatewayError) in _ = try Arguments(value, known: ["a"]) }.contains("\"n\""))
    #expect(message { () throws(GatewayError) in _ = try Arguments(.array([]), known: []) }.contains("array"))
  }

  @Test func commandsFromArguments() throws {
    let ref = ServiceRef(id: ServiceID("018f0000-0000-7000-8000-000000000001")!)
    let ann = Principal(id: "u1", name: "ann", level: .agent)
    let needed: [ServiceCommand: String] = [
      .move: #"{"first":true}"#, .reprioritise: #"{"priority":"high"}"#, .transfer: #"{"to":"roadside"}"#,
    ]
    for command in ServiceCommand.allCases {
      let json = try needed[command].map { try JSONScanner.parse(Array($0.utf8)) }
      if json != nil {
        #expect(throws: GatewayError.self) {
          try command.command(ref, try Arguments(nil, known: command.members), assignee: ann)
        }
      }
      let built = try command.command(ref, try Arguments(json, known: command.members), assignee: ann)
      #expect(built.name == command.rawValue)
      #expect(built.service == ref)
      #expect(AccessPolicy.allows(command.action, level: .admin))
    }
    let lease = try Arguments(
      try JSONScanner.parse(Array(#"{"lease_seconds":30,"fence":4}"#.utf8)), known: ["lease_seconds", "fence"])
    #expect(
      try ServiceCommand.start.command(ref, lease, assignee: ann)
        == .start(ref, fence: 4, lease: LeaseDuration(milliseconds: 30_000)))
    #expect(
      try ServiceCommand.assign.command(ref, lease, assignee: ann)
        == .assign(ref, to: ann, fence: 4, lease: LeaseDuration(milliseconds: 30_000)))
  }

  @Test func whoMayOpenAWebSocket() {
    let policy = UpgradePolicy(allowedOrigins: ["https://desk.example.org"])
    #expect(policy.allows(origins: [], host: "usher.example:8080"))
    #expect(policy.allows(origins: ["http://usher.example:8080"], host: "usher.example:8080"))
    #expect(policy.allows(origins: ["https://desk.example.org"], host: "usher.example"))
    for bad in ["https://evil.example", "null", "http://usher.example:8081", "https://desk.example.org.evil.example"] {
      #expect(!policy.allows(origins: [bad], host: "usher.example:8080"), "\(bad)")
    }
    #expect(!policy.allows(origins: ["http://a", "http://a"], host: "a"))
    #expect(UpgradePolicy(allowedOrigins: ["*"]).allows(origins: ["https://x"], host: nil))
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/connection/websocket?x=1")
    head.headers = [
      "host": "a", "connection": "keep-alive, Upgrade", "upgrade": "WebSocket", "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    #expect(policy.refusal(of: head) == nil)
    var body = head
    body.headers.add(name: "content-length", value: "4")
    #expect(policy.refusal(of: body) == .ordinary)
    var other = head
    other.uri = "/connection"
    #expect(policy.refusal(of: other) == .ordinary)
    var page = head
    page.headers.add(name: "origin", value: "https://evil.example")
    #expect(policy.refusal(of: page) == .origin)
  }

  @Test func addresses() {
    #expect(GatewayConfiguration.Address("127.0.0.1:80")?.port == 80)
    #expect(GatewayConfiguration.Address("[::1]:80")?.host == "::1")
    #expect(GatewayConfiguration.Address("[::1]:80")?.description == "[::1]:80")
    for bad in ["", ":80", "host", "host:", "host:65536", "host:-1"] {
      #expect(GatewayConfiguration.Address(bad) == nil)
    }
  }
}
