import Metrics

/// How the publishing of changes is, for readiness.
public struct EventsHealth: Hashable, Sendable {
  /// Where it stands.
  public enum State: String, Hashable, Sendable {
    /// It has not been started.
    case idle
    /// No connection, or no outbox to read; it keeps trying, and changes wait.
    case waiting
    /// It publishes.
    case publishing
    /// Another process of the site publishes.
    case standby
    /// RabbitMQ takes nothing in; changes wait.
    case blocked
    /// It has ended.
    case stopped
  }

  /// Where it stands.
  public var state: State
  /// One line for people, without secrets.
  public var detail: String

  /// True when changes are published, by this process or another, as far as RabbitMQ takes them.
  public var isReady: Bool { state == .publishing || state == .standby || state == .blocked }

  /// A state with its line.
  public init(_ state: State, _ detail: String) {
    self.state = state
    self.detail = detail
  }
}

/// The figures of publishing, `usher_events_*`. What waits is told by `usher_outbox_*{reader="events"}`.
struct EventsMetrics: Sendable {
  let published = Counter(label: "usher_events_published_total")
  let refused = Counter(label: "usher_events_refused_total")
  let reconnects = Counter(label: "usher_events_reconnects_total")
  let blocked = Gauge(label: "usher_events_blocked")
  let unconfirmed = Gauge(label: "usher_events_unconfirmed")
}
