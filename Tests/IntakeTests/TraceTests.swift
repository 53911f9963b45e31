import ServiceQueue
import Testing

@testable import Intake

/// Where a message says which trace it belongs to.
@Suite("Traces") struct TraceTests {
  private static let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  private static let event = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
  private static let structured = "application/cloudevents+json"
  private static let attributes = ["specversion": "1.0", "id": "7", "source": "/shop", "type": "t"]

  /// What the analysis is told, in its order, and whether the message is taken.
  private func told(
    _ body: String, _ headers: [(String, MessageProperties.HeaderValue)] = [], type: String? = nil
  ) -> (traces: [TraceContext], isAccepted: Bool) {
    let properties = MessageProperties(
      contentType: type, messageID: "1", headers: headers.map { .init(name: $0.0, value: $0.1) })
    let delivery = Delivery(
      tag: 1, exchange: "x", routingKey: "service.q.k", properties: properties, body: Array(body.utf8))
    var traces: [TraceContext] = []
    let analysis = Analyser(rules: RuleSet(), maximumBodyBytes: 65_536).analyse(delivery, trace: { traces.append($0) })
    if case .accept = analysis { return (traces, true) }
    return (traces, false)
  }

  private func structured(_ more: String) -> String {
    "{" + (Self.attributes.map { #""\#($0)":"\#($1)""# } + [more]).joined(separator: ",") + "}"
  }

  @Test func aMessagesHeadersNameIt() {
    let context = TraceContext(traceparent: Self.own, tracestate: "a=1")
    #expect(told("{}", [("traceparent", .text(Self.own)), ("tracestate", .text("a=1"))]) == ([context], true))
    let bytes = MessageProperties.HeaderValue.bytes(Array(Self.own.utf8))
    #expect(told("{}", [("traceparent", bytes)]).traces == [TraceContext(traceparent: Self.own)])
    #expect(told("{}", [("tracestate", .text("a=1"))]).traces.isEmpty)
    for value: MessageProperties.HeaderValue in [.integer(7), .void, .bytes([0xFF]), .list([.text(Self.own)])] {
      #expect(told("{}", [("traceparent", value)]) == ([], true))
    }
  }

  @Test func aMessageThatIsRefusedHasItToo() {
    let context = TraceContext(traceparent: Self.own)
    #expect(told("garbage", [("traceparent", .text(Self.own))]) == ([context], false))
    #expect(told(#"{"priority":99}"#, [("traceparent", .text(Self.own))]) == ([context], false))
    let bad = structured(#""traceparent":"\#(Self.event)","data":{},"subject":5"#)
    #expect(told(bad, type: Self.structured) == ([TraceContext(traceparent: Self.event)], false))
  }

  @Test func aCloudEventsExtensionNamesIt() {
    let context = TraceContext(traceparent: Self.event, tracestate: "b=2")
    let body = structured(#""tracestate":"b=2","traceparent":"\#(Self.event)","data":{}"#)
    #expect(told(body, type: Self.structured) == ([context], true))
    for prefix in ["cloudEvents:", "cloudEvents_", "ce-"] {
      let headers = Self.attributes.merging(["traceparent": Self.event, "tracestate": "b=2"]) { $1 }
        .map { (prefix + $0, MessageProperties.HeaderValue.text($1)) }
      #expect(told("{}", headers) == ([context], true))
    }
  }

  @Test func theHeadersAreNearerThanTheEvent() {
    let body = structured(#""traceparent":"\#(Self.event)","data":{}"#)
    let traces = told(body, [("traceparent", .text(Self.own))], type: Self.structured).traces
    #expect(traces == [TraceContext(traceparent: Self.own), TraceContext(traceparent: Self.event)])
  }

  @Test func theDeadLetterKeepsThem() {
    let properties = MessageProperties(headers: [
      .init(name: "traceparent", value: .text(Self.own)), .init(name: "tracestate", value: .text("a=1")),
    ])
    let dead = properties.deadLettered(
      Rejection(.malformedJSON, "x"), id: "1", at: Timestamp(milliseconds: 0), exchange: "e", routingKey: "k")
    #expect(dead.text("traceparent") == Self.own && dead.text("tracestate") == "a=1")
    #expect(dead.withoutDeath.headers == properties.headers)
  }
}
