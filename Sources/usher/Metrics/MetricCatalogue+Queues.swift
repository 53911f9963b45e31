import Telemetry

extension MetricCatalogue {
  /// The queues.
  static let queues: [MetricDescription] = [
    .init("usher_queue_services", .gauge, "Live services of a queue by state; measured every 10 seconds"),
    .init(
      "usher_queue_oldest_waiting_seconds", .gauge,
      "How long the service that waits longest has been in line; 0 when none waits; measured every 10 seconds"),
    .init("usher_queue_paused", .gauge, "1 while nothing may be claimed from the queue; measured every 10 seconds"),
    .init(
      "usher_queue_wait_seconds", .patience,
      "From being in line to the first claim, of claims that this process carried out"),
    .init(
      "usher_queue_handling_seconds", .patience,
      "From claim to completion, of completions that this process carried out"),
  ]

  /// The broker and Redis.
  static let broker: [MetricDescription] = [
    .init(
      "usher_broker_commands_total", .counter, "Calls to Redis that have ended, by what they did and how they ended"),
    .init("usher_broker_command_seconds", .latency, "From the call to Redis' answer, without reads that wait for news"),
    .init("usher_broker_commands_underway", .gauge, "Calls that wait for their answers, by connection to Redis"),
    .init(
      "usher_broker_reconnects_total", .counter,
      "Attempts to connect to Redis again, after a break or a failed attempt"),
    .init(
      "usher_broker_redis_errors_total", .counter, "Errors that Redis answered with, by the word that they begin with"),
    .init(
      "usher_broker_durability_warnings", .gauge,
      "Settings of Redis under which an acknowledged change can be lost, as far as Redis tells them"),
    .init(
      "usher_broker_swept_total", .counter,
      "Services that time has moved: a lease or a hold ended, or a scheduled time came"),
    .init(
      "usher_broker_events_total", .counter,
      "Changes of queues that were read from Redis' streams for those who follow"),
    .init(
      "usher_broker_events_behind", .gauge,
      "Changes in Redis' streams that were not read yet; looked at every 2 seconds while anybody follows"),
    .init(
      "usher_broker_subscriber_overflows_total", .counter,
      "Followers in this process that took changes too slowly and had to begin with a snapshot"),
    .init(
      "usher_broker_presence_swept_total", .counter, "Connections of dead nodes that were taken out of the presence"),
    .init(
      "usher_outbox_entries", .gauge,
      "Changes in the outbox that the reader has not acknowledged; measured every 5 seconds"),
    .init(
      "usher_outbox_lag_seconds", .gauge,
      "Age of the oldest change in the outbox that the reader has not acknowledged; measured every 5 seconds"),
  ]

  /// The broker in another process.
  static let brokerElsewhere: [MetricDescription] = [
    .init("usher_rpc_questions_total", .counter, "Single calls to the broker that have ended, by how they ended"),
    .init(
      "usher_rpc_question_seconds", .latency,
      "From a single call to the broker's answer, without calls that wait for news"),
    .init(
      "usher_rpc_streams_opened_total", .counter,
      "Streams to the broker that were opened, the first time and after each break"),
    .init(
      "usher_grpc_certificate_expiry_timestamp_seconds", .gauge,
      "When the certificate that this process shows in gRPC ends, in seconds since 1970"),
  ]
}
