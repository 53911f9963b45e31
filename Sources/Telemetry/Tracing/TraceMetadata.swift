public import Logging
import Tracing

extension Logger.MetadataProvider {
  /// `trace_id` and `span_id` of the code that logs, as OpenTelemetry names them, where it runs within a trace of `TraceContextTracer`.
  public static var traceContext: Logger.MetadataProvider {
    Logger.MetadataProvider {
      guard let span = ServiceContext.current.flatMap({ SpanContext.of($0) }) else { return [:] }
      return ["trace_id": "\(span.parent.traceID)", "span_id": "\(Hexadecimal.text(span.parent.spanID))"]
    }
  }
}
