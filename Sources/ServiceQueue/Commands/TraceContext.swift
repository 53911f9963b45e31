/// The trace that a submission or a command belongs to, as the headers of W3C Trace Context say it. It is carried along as it is, beside
/// what is asked: it changes nothing, is not stored, and what is malformed in it is as if it were absent.
public struct TraceContext: Hashable, Sendable {
  /// Which trace, and which span of it caused this.
  public var traceparent: String
  /// What vendors add to it; nil for nothing.
  public var tracestate: String?

  /// The header `traceparent`, which is also the name of an attribute of a CloudEvent.
  public static let traceparentField = "traceparent"
  /// The header `tracestate`, which is also the name of an attribute of a CloudEvent.
  public static let tracestateField = "tracestate"

  /// A context of these two headers.
  public init(traceparent: String, tracestate: String? = nil) {
    self.traceparent = traceparent
    self.tracestate = tracestate
  }

  /// The value of the header `field`; nil for those that it does not have. Setting others does nothing.
  public subscript(field: String) -> String? {
    get {
      switch field {
      case Self.traceparentField: traceparent.isEmpty ? nil : traceparent
      case Self.tracestateField: tracestate
      default: nil
      }
    }
    set {
      switch field {
      case Self.traceparentField: traceparent = newValue ?? ""
      case Self.tracestateField: tracestate = newValue
      default: break
      }
    }
  }
}
