/// Who makes events on order.
protocol EventSource: Sendable {
  /// Makes one. False when the Gateway, or who stores them, does not keep up.
  func publish() -> Bool
  /// What subscribers asked for.
  var counts: EventSourceCounts { get }
}

/// Questions that were answered.
struct EventSourceCounts: Sendable {
  var snapshots = 0
  var recoveries = 0
}
