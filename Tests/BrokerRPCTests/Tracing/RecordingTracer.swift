import Logging
import ServiceQueue
import Synchronization
import Tracing

/// Takes whatever `traceparent` says as the trace, and hands it on.
struct RecordingTracer: Tracer {
  private enum Key: ServiceContextKey { typealias Value = String }

  static func trace(_ context: ServiceContext?) -> String? { context?[Key.self] }

  static func context(_ trace: String) -> ServiceContext {
    var context = ServiceContext.topLevel
    context[Key.self] = trace
    return context
  }

  func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    if let trace = extractor.extract(key: TraceContext.traceparentField, from: carrier) { context[Key.self] = trace }
  }

  func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    if let trace = context[Key.self] { injector.inject(trace, forKey: TraceContext.traceparentField, into: &carrier) }
  }

  func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> NoOpTracer.NoOpSpan { NoOpTracer.NoOpSpan(context: context()) }

  func forceFlush() {}
}

/// The lines of a log, each with the trace of the code that wrote it.
final class RecordedLog: Sendable {
  struct Line: Sendable {
    let message: String
    let metadata: [String: String]
    let trace: String?
  }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(
        message: event.message.description, metadata: (event.metadata ?? [:]).mapValues(\.description),
        trace: RecordingTracer.trace(ServiceContext.current))
      log.state.withLock { $0.append(line) }
    }
  }

  private let state = Mutex<[Line]>([])

  var lines: [Line] { state.withLock { $0 } }

  func logger() -> Logger { Logger(label: "test") { _ in Handler(log: self) } }
}
