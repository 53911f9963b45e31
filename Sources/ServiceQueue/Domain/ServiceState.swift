/// Where a service stands in its life. The raw value is the word in Redis, SQL, JSON and metrics.
public enum ServiceState: String, Sendable, CaseIterable {
  /// Not in line yet: it will be at `Service.scheduledFor`.
  case scheduled
  /// In line.
  case waiting
  /// An employee has it, under a lease.
  case claimed
  /// An employee handles it, under a lease.
  case serving
  /// Its employee has put it aside, until `Service.holdUntil` at the longest.
  case onHold = "on_hold"
  /// Ended: done.
  case completed
  /// Ended: nobody came. `reinstate` brings it back for a while.
  case noShow = "no_show"
  /// Ended: removed.
  case cancelled
  /// Ended: it came back to waiting too often.
  case dead

  /// True while the service is in its queue, whatever happens to it there; false once it has ended.
  public var isLive: Bool {
    switch self {
    case .scheduled, .waiting, .claimed, .serving, .onHold: true
    case .completed, .noShow, .cancelled, .dead: false
    }
  }

  /// True while an employee has it, and counts for that employee's capacity.
  public var isHandled: Bool {
    switch self {
    case .claimed, .serving: true
    case .scheduled, .waiting, .onHold, .completed, .noShow, .cancelled, .dead: false
    }
  }
}
