import Tracing

/// Where in a trace the code runs.
struct SpanContext: Hashable, Sendable {
  let parent: TraceParent
  let state: TraceState?

  private enum Key: ServiceContextKey {
    typealias Value = SpanContext
    static let nameOverride: String? = "usher-span"
  }

  /// That of `context`; nil where there is none.
  static func of(_ context: ServiceContext) -> SpanContext? { context[Key.self] }

  /// Makes `context` one of this span.
  func enter(_ context: inout ServiceContext) { context[Key.self] = self }
}
