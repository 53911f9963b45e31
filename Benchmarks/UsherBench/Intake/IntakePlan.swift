/// How much is measured.
struct IntakePlan: Sendable {
  /// What is measured.
  enum Part: String, Sendable, CaseIterable {
    case drain, screen
  }

  let parts: [Part]
  let runs: Int
  /// Requests that wait in RabbitMQ when a drain begins.
  let requests: Int
  /// Commands of a run of `redis-benchmark`.
  let commands: Int
  let prefetch: Int
  /// Requests a second of `screen`, and for how long.
  let rate: Int
  let seconds: Double
  let warmUp: Double
}
