import ServiceQueue
import Testing

@testable import Intake

/// CloudEvents 1.0 by tables: what the specification and its bindings give as examples, and what they do not allow.
@Suite("CloudEvents")
struct CloudEventsTests {
  typealias Header = MessageProperties.Header
  static let structured = "application/cloudevents+json"

  func open(_ body: [UInt8], _ properties: MessageProperties) throws(Rejection) -> Envelope {
    try Envelope.open(
      Delivery(tag: 1, exchange: "x", routingKey: "service.q.k", properties: properties, body: body),
      maximumBodyBytes: 65_536)
  }

  func reason(_ body: String, _ properties: MessageProperties) -> String? {
    do {
      _ = try open(Array(body.utf8), properties)
      return nil
    } catch {
      return error.reason.rawValue
    }
  }

  /// A structured event with these members besides the ones that there must be; a member replaces its namesake.
  func event(_ changes: String...) -> String {
    var members = [
      ("specversion", #""1.0""#), ("id", #""7""#), ("source", #""/shop""#), ("type", #""t""#), ("data", "{}"),
    ]
    for change in changes {
      let name = String(change.prefix { $0 != "=" })
      members.removeAll { $0.0 == name }
      let value = String(change.dropFirst(name.count + 1))
      if !value.isEmpty { members.append((name, value)) }
    }
    return "{" + members.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",") + "}"
  }

  func headers(_ more: Header...) -> [Header] {
    [("specversion", "1.0"), ("id", "7"), ("source", "/shop"), ("type", "t")]
      .map { Header(name: "cloudEvents:" + $0.0, value: .text($0.1)) } + more
  }

  // MARK: - The examples of the specification

  @Test(
    "the examples of the JSON format, section 3.2 and 3.3",
    arguments: [
      // With data that is JSON.
      (
        #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","subject":null,"id":"C234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"application/json","data":{"appinfoA":"abc","appinfoB":123,"appinfoC":true}}"#,
        nil, "/mycontext\nC234-1234-1234"
      ),
      // Without a type of the data, which is JSON then.
      (
        #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","subject":null,"id":"D234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"data":{"appinfoA":"abc"}}"#,
        nil, "/mycontext\nD234-1234-1234"
      ),
      // XML as a text.
      (
        #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"B234-1234-1234","time":"2018-04-05T17:31:00Z","unsetextension":null,"datacontenttype":"application/xml","data":"<much wow=\"xml\"/>"}"#,
        "unsupported_content_type", ""
      ),
      // Bytes.
      (
        #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"A234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"aGVsbG8="}"#,
        "unsupported_content_type", ""
      ),
      // Of section 1.1 of the specification itself.
      (
        #"{"specversion":"1.0","type":"com.github.pull_request.opened","source":"https://github.com/cloudevents/spec/pull","subject":"123","id":"A234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"datacontenttype":"text/xml","data":"<much wow=\"xml\"/>"}"#,
        "unsupported_content_type", ""
      ),
      // A batch of section 4.2, by its own content type below; as one event it is none.
      (#"[]"#, "wrong_type", ""),
    ] as [(String, String?, String)])
  func examples(_ body: String, _ expected: String?, _ key: String) throws {
    #expect(reason(body, .init(contentType: Self.structured)) == expected)
    if expected == nil {
      #expect(try open(Array(body.utf8), .init(contentType: Self.structured)).idempotencyKey == key)
    }
  }

  @Test("the example of the AMQP binding, section 3.1.4")
  func binaryExample() throws {
    let headers: [Header] = [
      .init(name: "cloudEvents:specversion", value: .text("1.0")),
      .init(name: "cloudEvents:type", value: .text("com.example.someevent")),
      .init(name: "cloudEvents:time", value: .text("2018-04-05T03:56:24Z")),
      .init(name: "cloudEvents:id", value: .text("1234-1234-1234")),
      .init(name: "cloudEvents:source", value: .text("/mycontext/subcontext")),
    ]
    let envelope = try open(
      Array("{}".utf8), .init(contentType: "application/json; charset=utf-8", headers: headers))
    #expect(envelope.idempotencyKey == "/mycontext/subcontext\n1234-1234-1234")
  }

  // MARK: - Attributes

  @Test(
    arguments: [
      ([#"time="2018-04-05T17:31:00Z""#], nil), ([#"time="2018-04-05T17:31:00.123456789+02:00""#], nil),
      ([#"time="yesterday""#], "invalid_value"), ([#"time=7"#], "wrong_type"), ([#"time="""#], "invalid_value"),
      ([#"time=null"#], nil), ([#"subject="a b""#], nil), ([#"subject="""#], "invalid_value"),
      ([#"subject="a\u0007""#], "invalid_value"), ([#"subject=[]"#], "wrong_type"),
      ([#"dataschema="https://example.org/s""#], nil), ([#"dataschema="urn:x:1""#], nil),
      ([#"dataschema="/relative""#], "invalid_value"), ([#"dataschema="http:""#], "invalid_value"),
      ([#"dataschema="1a:b""#], "invalid_value"), ([#"dataschema={}"#], "wrong_type"),
      ([#"source="urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66""#], nil), ([#"source="mailto:a@example.org""#], nil),
      ([#"source="1-555-123-4567""#], nil), ([#"source="a b""#], "invalid_value"),
      ([#"source="/%zz""#], "invalid_value"), ([#"source="/%2""#], "invalid_value"), ([#"source="/%2f""#], nil),
      ([#"source="/\u00e9""#], "invalid_value"), ([#"source="""#], "missing_field"), ([#"source=true"#], "wrong_type"),
      ([#"type="""#], "missing_field"), ([#"type="a\u0085""#], "invalid_value"), ([#"type=1"#], "wrong_type"),
      ([#"id="\ufffd""#], "invalid_value"), ([#"id="\ufdd0""#], "invalid_value"), ([#"id="é😀""#], nil),
      ([#"specversion="1.1""#], "unsupported_version"), ([#"specversion="""#], "unsupported_version"),
      ([#"specversion=null"#], "missing_field"),
      ([#"datacontenttype="application/json""#], nil), ([#"datacontenttype="application/x.y+json""#], nil),
      ([#"datacontenttype="text/json;charset=UTF-8""#], nil),
      ([#"datacontenttype="application/json;charset=latin1""#], "unsupported_encoding"),
      ([#"datacontenttype="application/xml""#], "unsupported_content_type"),
      ([#"datacontenttype="""#], "unsupported_content_type"), ([#"datacontenttype=1"#], "wrong_type"),
      ([#"ext="text""#, "n=5", "b=true", "none=null"], nil), (["ext={}"], "wrong_type"), (["ext=[1]"], "wrong_type"),
      (["data=", #"data_base64="e30=""#], nil), (["data=", #"data_base64="e30""#], "invalid_value"),
      (["data=", #"data_base64="77u/e30=""#], "malformed_json"), (["data=", "data_base64=7"], "wrong_type"),
      (["data=", "data_base64=null"], "missing_field"), (["data_base64=null"], nil),
    ] as [([String], String?)])
  func structuredAttributes(_ changes: [String], _ expected: String?) {
    var body = event()
    switch changes.count {
    case 1: body = event(changes[0])
    case 2: body = event(changes[0], changes[1])
    default: body = event(changes[0], changes[1], changes[2], changes[3])
    }
    #expect(reason(body, .init(contentType: Self.structured)) == expected, "\(body)")
  }

  @Test(
    arguments: [
      ("time", .timestamp(1_523_000_000), nil), ("time", .integer(1_523_000_000_000), nil),
      ("time", .text("2018-04-05T17:31:00Z"), nil), ("time", .text("soon"), "invalid_value"),
      ("time", .boolean(true), "wrong_type"), ("subject", .timestamp(1), "wrong_type"),
      ("subject", .bytes(Array("ok".utf8)), nil), ("subject", .bytes([0xFF]), "wrong_type"),
      ("subject", .integer(1), "wrong_type"), ("subject", .void, nil), ("dataschema", .text("no"), "invalid_value"),
      ("anything", .integer(1), nil), ("anything", .bytes([0xFF]), nil), ("anything", .table([]), nil),
      ("id", .text("8"), "invalid_value"), ("datacontenttype", .text("application/json"), nil),
      ("datacontenttype", .text("application/xml"), "unsupported_content_type"),
    ] as [(String, MessageProperties.HeaderValue, String?)])
  func binaryAttributes(_ name: String, _ value: MessageProperties.HeaderValue, _ expected: String?) {
    let more = Header(name: "cloudEvents_" + name, value: value)
    #expect(reason("{}", .init(contentType: "application/json", headers: headers(more))) == expected)
  }

  @Test func extensionsAreBounded() {
    let many = { (count: Int) in
      (0..<count).map { Header(name: "cloudEvents:e\($0)", value: .text("x")) } + self.headers()
    }
    #expect(reason("{}", .init(headers: many(64))) == nil)
    #expect(reason("{}", .init(headers: many(65))) == "too_large")
    let long = { (count: Int) in event(#"ext="\#(String(repeating: "x", count: count))""#) }
    #expect(reason(long(2_048), .init(contentType: Self.structured)) == nil)
    #expect(reason(long(2_049), .init(contentType: Self.structured)) == "too_large")
    let name = String(repeating: "n", count: 65)
    #expect(reason(event("\(name)=1"), .init(contentType: Self.structured)) == "too_large")
  }

  // MARK: - Content types

  @Test(
    arguments: [
      (nil, nil), ("", nil), ("application/json", nil), ("application/vnd.x+json", nil), ("text/plain", nil),
      ("application/octet-stream", nil), ("APPLICATION/JSON ; charset=\"UTF-8\"", nil),
      ("application/json; charset=utf-16", "unsupported_encoding"), ("application/xml", "unsupported_content_type"),
      ("text/html", "unsupported_content_type"), ("application/x-protobuf", "unsupported_content_type"),
      ("json", "unsupported_content_type"), ("application/+json", "unsupported_content_type"),
      ("application/cloudevents-batch+json", "unsupported_content_type"),
      ("application/cloudevents+avro", "unsupported_content_type"),
      ("application/cloudevents", "unsupported_content_type"),
    ] as [(String?, String?)])
  func contentTypes(_ type: String?, _ expected: String?) {
    #expect(reason("{}", .init(contentType: type, messageID: "1")) == expected)
  }

  @Test(
    arguments: [
      (nil, nil), ("application/json", nil), ("text/plain", "unsupported_content_type"),
      ("application/octet-stream", "unsupported_content_type"),
    ] as [(String?, String?)])
  func contentTypesOfBinaryEvents(_ type: String?, _ expected: String?) {
    #expect(reason("{}", .init(contentType: type, headers: headers())) == expected)
  }

  @Test func oneIDIsNotAnotherByRepair() {
    // What was no UTF-8 arrives as U+FFFD, whatever it was.
    #expect(reason("{}", .init(messageID: "a\u{FFFD}")) == "invalid_value")
    #expect(reason("{}", .init(messageID: "a\nb")) == "invalid_value")
  }

  @Test(arguments: [
    "NaN", "Infinity", "-Infinity", "{\"a\":NaN}", "\u{FEFF}{}", "{\"a\":1,\"a\":1}", "{} {}", "'x'", "{\"a\":01}",
    "{\"a\":1,}", "{\"\\ud800\":1}", "// x\n{}",
  ])
  func whatIsNoJSON(_ body: String) {
    #expect(reason(body, .init(messageID: "1")) == "malformed_json")
    #expect(reason(event("data=\(body)"), .init(contentType: Self.structured)) == "malformed_json")
  }

  @Test func badUTF8() {
    for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
      #expect(throws: Rejection.self) { try open(bytes, .init(messageID: "1")) }
    }
  }
}
