import ServiceQueue
import Testing

@testable import Intake

@Suite("Envelopes")
struct EnvelopeTests {
  static let structured = "application/cloudevents+json"

  func delivery(_ body: String, _ properties: MessageProperties = .init(), key: String = "service.q.k") -> Delivery {
    Delivery(tag: 1, exchange: "x", routingKey: key, properties: properties, body: Array(body.utf8))
  }

  func open(_ body: String, _ properties: MessageProperties = .init()) throws(Rejection) -> Envelope {
    try Envelope.open(delivery(body, properties), maximumBodyBytes: 1_024)
  }

  func reason(_ body: String, _ properties: MessageProperties = .init()) -> String? {
    do {
      _ = try open(body, properties)
      return nil
    } catch {
      return error.reason.rawValue
    }
  }

  func headers(_ prefix: String, leavingOut name: String? = nil) -> [MessageProperties.Header] {
    [("specversion", "1.0"), ("id", "7"), ("source", "/shop"), ("type", "t")].filter { $0.0 != name }
      .map { .init(name: prefix + $0.0, value: .text($0.1)) }
  }

  @Test(arguments: [
    "application/cloudevents+json", "application/cloudevents+json; charset=utf-8", "Application/CloudEvents+JSON",
  ])
  func takesStructured(_ type: String) throws {
    let envelope = try open(
      #"{"specversion":"1.0","id":"7","source":"/shop","type":"t","data":{"queue":"q"}}"#, .init(contentType: type))
    #expect(envelope.idempotencyKey == "/shop\n7")
    #expect(envelope.data["queue"]?.string == "q")
  }

  @Test func takesStructuredBase64() throws {
    let envelope = try open(
      #"{"specversion":"1.0","id":"7","source":"/shop","type":"t","data_base64":"eyJxdWV1ZSI6InEifQ=="}"#,
      .init(contentType: Self.structured))
    #expect(envelope.data["queue"]?.string == "q")
  }

  @Test(arguments: ["cloudEvents:", "cloudEvents_", "ce-", "ce_", "CLOUDEVENTS:"])
  func takesBinary(_ prefix: String) throws {
    let envelope = try open(
      #"{"queue":"q"}"#, .init(contentType: "application/json", messageID: "other", headers: headers(prefix)))
    #expect(envelope.idempotencyKey == "/shop\n7")
    #expect(envelope.data["queue"]?.string == "q")
  }

  @Test(arguments: [nil, "application/json", "text/plain"])
  func takesBare(_ type: String?) throws {
    let envelope = try open("{}", .init(contentType: type, contentEncoding: "utf-8", messageID: "m1"))
    #expect(envelope.idempotencyKey == "amqp\nm1")
  }

  @Test(arguments: [
    (#"{"id":"7","source":"/s","type":"t","data":{}}"#, "missing_field"),
    (#"{"specversion":"0.3","id":"7","source":"/s","type":"t","data":{}}"#, "unsupported_version"),
    (#"{"specversion":1.0,"id":"7","source":"/s","type":"t","data":{}}"#, "wrong_type"),
    (#"{"specversion":"1.0","source":"/s","type":"t","data":{}}"#, "missing_id"),
    (#"{"specversion":"1.0","id":"","source":"/s","type":"t","data":{}}"#, "missing_id"),
    (#"{"specversion":"1.0","id":7,"source":"/s","type":"t","data":{}}"#, "wrong_type"),
    (#"{"specversion":"1.0","id":"7","type":"t","data":{}}"#, "missing_field"),
    (#"{"specversion":"1.0","id":"7","source":"/s","data":{}}"#, "missing_field"),
    (#"{"specversion":"1.0","id":"7","source":"a\nb","type":"t","data":{}}"#, "invalid_value"),
    (#"{"specversion":"1.0","id":"7","source":"/s","type":"t"}"#, "missing_field"),
    (#"{"specversion":"1.0","id":"7","source":"/s","type":"t","data":{},"data_base64":"e30="}"#, "invalid_value"),
    (#"{"specversion":"1.0","id":"7","source":"/s","type":"t","data_base64":"e30"}"#, "invalid_value"),
    (#"{"specversion":"1.0","id":"7","source":"/s","type":"t","data_base64":"e3s="}"#, "malformed_json"),
    ("[]", "wrong_type"), ("", "malformed_json"), (#"{"id":1,"id":2}"#, "malformed_json"),
  ])
  func refusesStructured(_ body: String, _ expected: String) {
    #expect(reason(body, .init(contentType: Self.structured)) == expected)
  }

  @Test func refusesOthers() {
    #expect(reason("{}") == "missing_id")
    #expect(reason("{}", .init(messageID: "")) == "missing_id")
    #expect(reason("{", .init(messageID: "1")) == "malformed_json")
    #expect(reason("{}", .init(contentEncoding: "gzip", messageID: "1")) == "unsupported_encoding")
    #expect(reason("[]", .init(contentType: "application/cloudevents-batch+json")) == "unsupported_content_type")
    #expect(reason("\"" + String(repeating: "x", count: 1_023) + "\"", .init(messageID: "1")) == "too_large")
    #expect(reason("{}", .init(messageID: String(repeating: "x", count: 1_020))) == "too_large")
    #expect(reason("{}", .init(messageID: String(repeating: "x", count: 1_019))) == nil)
    #expect(reason(String(repeating: "[", count: 40), .init(messageID: "1")) == "too_deep")
    for name in ["id", "source", "type", "specversion"] {
      let expected = name == "id" ? "missing_id" : "missing_field"
      #expect(reason("{}", .init(messageID: "1", headers: headers("ce-", leavingOut: name))) == expected)
    }
  }

  @Test(arguments: [
    ("service.front-desk.passport", "front-desk", "passport"), ("service.q.a.b", "q", "a.b"), ("service.q", "q", nil),
    ("service", nil, nil), ("other.q.k", nil, nil), ("service.Q.k", nil, "k"), ("service.q.", "q", nil), ("", nil, nil),
  ])
  func readsRoutingKeys(_ text: String, _ queue: String?, _ kind: String?) {
    let key = RoutingKey(text)
    #expect(key.queue?.rawValue == queue)
    #expect(key.kind == kind)
  }

  @Test func theDataWinsOverTheRoutingKey() throws {
    let analyser = Analyser(rules: RuleSet(), maximumBodyBytes: 1_024)
    let filled = analyser.analyse(delivery("{}", .init(messageID: "1")))
    let own = analyser.analyse(delivery(#"{"queue":"mine","kind":"own"}"#, .init(messageID: "1")))
    guard case .accept(let filled) = filled, case .accept(let own) = own else { throw TestFailure("refused") }
    #expect(filled.draft.queue.rawValue == "q" && filled.draft.kind == "k")
    #expect(own.draft.queue.rawValue == "mine" && own.draft.kind == "own")
  }

  @Test func rulesDoNotChangeTheFingerprint() throws {
    let rules = try RuleSet(json: Array(#"{"rules":[{"name":"r","then":{"route":"new","prioritise":9}}]}"#.utf8))
    let message = delivery("{}", .init(messageID: "1"))
    let with = Analyser(rules: rules, maximumBodyBytes: 1_024).analyse(message)
    let without = Analyser(rules: RuleSet(), maximumBodyBytes: 1_024).analyse(message)
    guard case .accept(let with) = with, case .accept(let without) = without else { throw TestFailure("refused") }
    #expect(with.canonicalBytes == without.canonicalBytes)
    #expect(with.draft.queue.rawValue == "new")
  }
}
