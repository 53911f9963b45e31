/// Where a service stands in its life. The raw value is the word in Redis, SQL, JSON and metrics.
public enum ServiceState: String, Sendable, CaseIterable {
  case waiting
  case claimed
  case serving
  case completed
  case cancelled
  case noShow = "no_show"

  /// True while the service is in its queue, waiting or being handled; false once it has ended.
  public var isLive: Bool {
    switch self {
    case .waiting, .claimed, .serving: true
    case .completed, .cancelled, .noShow: false
    }
  }
}
