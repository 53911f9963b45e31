import ServiceQueue
import Tracing

/// The trace that one message belongs to, with the span of its being taken in. A batch mixes the traces of many, so it is held beside the
/// message, and log lines about the message are written within it.
struct MessageTrace: Sendable {
  private let span: any Span

  /// Nil where `said` is malformed.
  init?(_ said: TraceContext, queue: String) {
    var producer = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(said, into: &producer, using: TraceContextFields())
    guard !producer.isEmpty else { return nil }
    span = startSpan("process \(queue)", context: producer, ofKind: .consumer)
  }

  /// What the request tells the Broker of it; nil where the instrument says it otherwise.
  var carried: TraceContext? {
    var carrier = TraceContext(traceparent: "")
    InstrumentationSystem.instrument.inject(span.context, into: &carrier, using: TraceContextFields())
    return carrier.traceparent.isEmpty ? nil : carrier
  }

  /// The message is settled.
  func end() { span.end() }

  /// Runs `body`, which logs about a message, within the message's trace if it has one.
  static func within(_ trace: MessageTrace?, _ body: () -> Void) {
    if let trace { ServiceContext.withValue(trace.span.context, operation: body) } else { body() }
  }
}

private struct TraceContextFields: Extractor, Injector {
  func extract(key: String, from carrier: TraceContext) -> String? { carrier[key] }
  func inject(_ value: String, forKey key: String, into carrier: inout TraceContext) { carrier[key] = value }
}
