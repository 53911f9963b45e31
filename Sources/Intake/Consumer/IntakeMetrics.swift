import Metrics
import ServiceQueue

/// The figures of the intake, `usher_intake_*`; those of the rules are in `RuleMetrics`.
struct IntakeMetrics: Sendable {
  let received = Counter(label: "usher_intake_received_total")
  let redelivered = Counter(label: "usher_intake_redeliveries_total")
  let stored = Counter(label: "usher_intake_stored_total")
  let duplicates = Counter(label: "usher_intake_duplicates_total")
  let dropped = Counter(label: "usher_intake_dropped_total")
  let unknownMembers = Counter(label: "usher_intake_unknown_members_total")
  let batches = Counter(label: "usher_intake_batches_total")
  let submitRetries = Counter(label: "usher_intake_submit_retries_total")
  let deadLetterRetries = Counter(label: "usher_intake_dead_letter_retries_total")
  let reconnects = Counter(label: "usher_intake_reconnects_total")
  let inFlight = Gauge(label: "usher_intake_in_flight")
  /// Bytes of the deliveries in flight, and how often they were so many that reading paused.
  let heldBytes = Gauge(label: "usher_intake_held_bytes")
  let pauses = Counter(label: "usher_intake_pauses_total")
  /// 1 while RabbitMQ takes in nothing that is published.
  let blocked = Gauge(label: "usher_intake_blocked")
  let deadLettersWaiting = Gauge(label: "usher_intake_dead_letters_waiting")
  let rejected: [Rejection.Reason: Counter]

  init() {
    rejected = Dictionary(
      uniqueKeysWithValues: Rejection.Reason.allCases.map {
        ($0, Counter(label: "usher_intake_rejected_total", dimensions: [("reason", $0.rawValue)]))
      })
  }
}
