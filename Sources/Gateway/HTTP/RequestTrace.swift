import HTTPTypes
import Hummingbird
import ServiceQueue
import Tracing

/// The trace that a request belongs to, by its headers `traceparent` and `tracestate`, read by the instrument of the process. A request
/// without them is in no trace.
enum RequestTrace {
  /// Answers within a span of the request's trace.
  static func span(_ request: Request, _ answer: () async throws -> Response) async throws -> Response {
    var caller = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(request.headers, into: &caller, using: HeaderExtractor())
    guard !caller.isEmpty else { return try await answer() }
    return try await withSpan(request.method.rawValue, context: caller, ofKind: .server) { span in
      let response = try await answer()
      span.attributes["http.request.method"] = request.method.rawValue
      span.attributes["http.response.status_code"] = response.status.code
      if response.status.kind == .serverError { span.setStatus(SpanStatus(code: .error)) }
      return response
    }
  }
}

/// Reads a request's headers. Of several of one name the values count together, as RFC 9110 has it; a `traceparent` is then none.
private struct HeaderExtractor: Extractor {
  private static let traceparent = HTTPField.Name(TraceContext.traceparentField)!
  private static let tracestate = HTTPField.Name(TraceContext.tracestateField)!

  func extract(key: String, from headers: HTTPFields) -> String? {
    switch key {
    case TraceContext.traceparentField: headers[Self.traceparent]
    case TraceContext.tracestateField: headers[Self.tracestate]
    default: HTTPField.Name(key).flatMap { headers[$0] }
    }
  }
}

extension TraceContext {
  /// That of the code that runs, for what leaves it in a batch; nil outside of a trace.
  static var current: TraceContext? {
    guard let context = ServiceContext.current else { return nil }
    var carrier = TraceContext(traceparent: "")
    InstrumentationSystem.instrument.inject(context, into: &carrier, using: TraceContextInjector())
    return carrier.traceparent.isEmpty ? nil : carrier
  }
}

private struct TraceContextInjector: Injector {
  func inject(_ value: String, forKey key: String, into carrier: inout TraceContext) { carrier[key] = value }
}
