public import Tracing

/// Carries W3C Trace Context on and names a span for each step, so that log lines tell what belongs together. It records and exports no
/// spans, and begins no traces: what comes without one goes without one.
///
/// Bootstrapped as the process's instrument, where another tracer may stand just as well.
public struct TraceContextTracer: Tracer {
  private static let parent = "traceparent"
  private static let state = "tracestate"

  /// A tracer; it has no state.
  public init() {}

  /// Puts into `context` what the carrier's headers say, if they are well formed.
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard let parent = extractor.extract(key: Self.parent, from: carrier).flatMap({ TraceParent($0) }) else { return }
    let state = extractor.extract(key: Self.state, from: carrier).flatMap { TraceState($0) }
    SpanContext(parent: parent, state: state).enter(&context)
  }

  /// Gives the carrier the headers of the context's span.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let span = SpanContext.of(context) else { return }
    injector.inject(span.parent.text, forKey: Self.parent, into: &carrier)
    if let state = span.state { injector.inject(state.text, forKey: Self.state, into: &carrier) }
  }

  /// A span with an id of its own within the context's trace; without a trace a span that is none.
  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> NoOpTracer.NoOpSpan {
    var context = context()
    if let span = SpanContext.of(context) {
      SpanContext(parent: span.parent.child(.random(in: 1...UInt64.max)), state: span.state).enter(&context)
    }
    return NoOpTracer.NoOpSpan(context: context)
  }

  /// There is nothing to export.
  public func forceFlush() {}
}
