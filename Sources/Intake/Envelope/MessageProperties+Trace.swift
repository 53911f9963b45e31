import ServiceQueue

extension MessageProperties {
  /// The trace that the message's own headers name; not yet held against the specification.
  var trace: TraceContext? {
    guard let parent = field(TraceContext.traceparentField) else { return nil }
    return TraceContext(traceparent: parent, tracestate: field(TraceContext.tracestateField))
  }

  private func field(_ name: String) -> String? {
    for header in headers where header.name == name {
      switch header.value {
      case .text(let text): return text
      // Clients without a type for texts send them as bytes.
      case .bytes(let bytes): return String(validating: bytes, as: UTF8.self)
      default: return nil
      }
    }
    return nil
  }
}
