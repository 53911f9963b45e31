import Metrics

/// The series of the password hasher's line.
struct PasswordMetrics: Sendable {
  private let waiting = Gauge(label: "usher_passwords_waiting")
  private let computing = Gauge(label: "usher_passwords_computing")
  private let refusals = Counter(label: "usher_passwords_refused_total")
  private let seconds = Metrics.Timer(label: "usher_password_seconds")

  /// How many compute and wait at this moment.
  func load(_ load: (computing: Int, waiting: Int)) {
    waiting.record(load.waiting)
    computing.record(load.computing)
  }

  /// One was computed, its wait included.
  func computed(in duration: Duration) { seconds.record(duration: duration) }

  /// The line was full.
  func refused() { refusals.increment() }
}
