import Logging
import Testing
import Tracing

@testable import Telemetry

/// What goes in and what comes out of the process, and what the log tells meanwhile.
@Suite struct TraceContextTracerTests {
  private struct Fields: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
  }

  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let caller = "00-\(trace)-00f067aa0ba902b7-01"
  private let tracer = TraceContextTracer()

  private func entered(_ headers: [String: String]) -> ServiceContext {
    var context = ServiceContext.topLevel
    tracer.extract(headers, into: &context, using: Fields())
    return context
  }

  private func left(_ context: ServiceContext) -> [String: String] {
    var headers: [String: String] = [:]
    tracer.inject(context, into: &headers, using: Fields())
    return headers
  }

  @Test func whatComesInGoesOutUnderASpanOfOurOwn() throws {
    let caller = entered(["traceparent": Self.caller, "tracestate": "congo=t61rcWkgMzE"])
    let headers = tracer.withSpan("work", context: caller, ofKind: .server) { left($0.context) }
    #expect(headers["tracestate"] == "congo=t61rcWkgMzE")
    let parent = try #require(headers["traceparent"].flatMap { TraceParent($0) })
    #expect(parent.traceID.description == Self.trace && parent.isSampled)
    #expect(parent.text != Self.caller)
    let again = tracer.withSpan("work", context: caller, ofKind: .server) { left($0.context) }
    #expect(again["traceparent"] != headers["traceparent"])
  }

  @Test(arguments: [
    [:], ["traceparent": "garbage"], ["tracestate": "a=b"],
    ["traceparent": "00-\(trace)-0000000000000000-01", "tracestate": "a=b"], ["traceparent": "\(caller),\(caller)"],
  ])
  func withoutATraceThereIsNone(_ headers: [String: String]) {
    let context = entered(headers)
    #expect(context.isEmpty)
    let span = tracer.startSpan("work", context: context)
    #expect(left(span.context).isEmpty)
  }

  @Test func aMalformedStateIsLeftOutAlone() {
    #expect(left(entered(["traceparent": Self.caller, "tracestate": "A=b"])) == ["traceparent": Self.caller])
  }

  @Test func theLogTellsTheTraceOfTheCodeThatLogs() async {
    let provider = Logger.MetadataProvider.traceContext
    #expect(provider.get().isEmpty)
    await tracer.withSpan("work", context: entered(["traceparent": Self.caller]), ofKind: .server) { span in
      let told = await Task { provider.get() }.value
      let parent = left(span.context)["traceparent"].flatMap { TraceParent($0) }
      let id = parent?.text.split(separator: "-")[2]
      #expect(told == ["trace_id": "\(Self.trace)", "span_id": "\(id ?? "")"])
    }
    #expect(provider.get().isEmpty)
  }
}
