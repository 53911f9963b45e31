import Telemetry

extension MetricCatalogue {
  /// The intake.
  static let intake: [MetricDescription] = [
    .init("usher_intake_received_total", .counter, "Messages that RabbitMQ delivered"),
    .init("usher_intake_redeliveries_total", .counter, "Messages that were delivered before and not acknowledged"),
    .init("usher_intake_stored_total", .counter, "Requests that became services"),
    .init("usher_intake_duplicates_total", .counter, "Requests that were services already"),
    .init("usher_intake_dropped_total", .counter, "Requests that a rule dropped"),
    .init("usher_intake_rejected_total", .counter, "Messages that went to the dead letters, by reason"),
    .init("usher_intake_unknown_members_total", .counter, "Members of requests that mean nothing to Usher"),
    .init("usher_intake_batches_total", .counter, "Batches that were given to the broker"),
    .init(
      "usher_intake_submit_retries_total", .counter, "Batches that were given to the broker again because it was away"),
    .init(
      "usher_intake_dead_letter_retries_total", .counter,
      "Dead letters that were published again because RabbitMQ did not take them"),
    .init("usher_intake_dead_letters_waiting", .gauge, "Dead letters that wait until RabbitMQ takes them"),
    .init("usher_intake_reconnects_total", .counter, "Connections to RabbitMQ that were tried again after a break"),
    .init("usher_intake_in_flight", .gauge, "Messages that were delivered and not acknowledged yet"),
    .init("usher_intake_held_bytes", .gauge, "Bytes of those messages"),
    .init("usher_intake_pauses_total", .counter, "Times that reading paused because those bytes were too many"),
    .init("usher_intake_blocked", .gauge, "1 while RabbitMQ takes in nothing that is published"),
    .init("usher_intake_rule_matches_total", .counter, "Requests that a rule held for"),
    .init("usher_intake_rule_verdicts_total", .counter, "Requests that the rules have accepted, dropped or rejected"),
    .init("usher_intake_rules", .gauge, "Rules in use"),
    .init(
      "usher_intake_rules_fingerprint", .gauge,
      "Fingerprint of the file of rules in use, as usher rules check prints it; 0 without a file"),
    .init("usher_intake_rules_reloads_total", .counter, "Readings of the file of rules after the start"),
    .init("usher_dead_letters", .gauge, "Messages in the queue of dead letters; asked every 30 seconds"),
  ]

  /// Events out.
  static let eventsOut: [MetricDescription] = [
    .init("usher_events_published_total", .counter, "Changes of services that RabbitMQ has confirmed"),
    .init("usher_events_refused_total", .counter, "Changes that RabbitMQ refused; they are published again"),
    .init("usher_events_unconfirmed", .gauge, "Changes that were published and not confirmed yet"),
    .init("usher_events_blocked", .gauge, "1 while RabbitMQ takes in nothing that is published"),
    .init("usher_events_reconnects_total", .counter, "Connections to RabbitMQ that were tried again after a break"),
  ]
}
