import GRPCCore
import ServiceQueue
import Tracing

/// Where a call has its trace: in its metadata.
struct MetadataFields: Extractor, Injector {
  func extract(key: String, from metadata: Metadata) -> String? {
    var values = metadata[stringValues: key].makeIterator()
    guard let first = values.next() else { return nil }
    // Twice the same says nothing; of `tracestate` the values count together.
    return IteratorSequence(values).reduce(first) { "\($0),\($1)" }
  }

  func inject(_ value: String, forKey key: String, into metadata: inout Metadata) {
    metadata.replaceOrAddString(value, forKey: key)
  }
}

/// Where an item of a batch has its trace: in itself.
struct ItemFields: Extractor {
  func extract(key: String, from item: TraceContext) -> String? { item[key] }
}

/// The span of an item of a batch, in the trace that it belongs to.
struct ItemSpan: Sendable {
  private let span: (any Span)?

  /// A span of nothing where the item is in no trace.
  init(_ operation: String, in trace: TraceContext?) {
    guard let trace else {
      span = nil
      return
    }
    var caller = ServiceContext.topLevel
    InstrumentationSystem.instrument.extract(trace, into: &caller, using: ItemFields())
    span = caller.isEmpty ? nil : startSpan(operation, context: caller, ofKind: .server)
  }

  /// Ends the span after `body`, which logs what became of the item.
  func end(_ body: () -> Void) {
    guard let span else { return body() }
    ServiceContext.withValue(span.context, operation: body)
    span.end()
  }
}
