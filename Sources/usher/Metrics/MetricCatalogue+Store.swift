import Telemetry

extension MetricCatalogue {
  /// PostgreSQL: users, history, audit.
  static let store: [MetricDescription] = [
    .init("usher_userstore_requests_total", .counter, "Requests to PostgreSQL that were answered or failed"),
    .init(
      "usher_userstore_request_seconds", .latency, "From a request to PostgreSQL, its wait included, to its answer"),
    .init("usher_userstore_requests_in_flight", .gauge, "Requests that were sent to PostgreSQL and not answered yet"),
    .init("usher_userstore_requests_waiting", .gauge, "Requests that wait for their turn"),
    .init("usher_userstore_connected", .gauge, "1 while the connection to PostgreSQL is there"),
    .init(
      "usher_userstore_connects_total", .counter,
      "Connections to PostgreSQL that came about, the first and each after a break"),
    .init(
      "usher_userstore_connection_failures_total", .counter,
      "Connections to PostgreSQL that broke, and attempts that failed"),
    .init("usher_history_recorded_total", .counter, "Changes that are in the history"),
    .init(
      "usher_history_refused_total", .counter,
      "Times that PostgreSQL refused the values of a change, which stays in the outbox"),
    .init("usher_history_failures_total", .counter, "Rounds of recording that failed and are repeated"),
    .init(
      "usher_history_lag_seconds", .gauge,
      "Age of the oldest change that the history is about to record; 0 when there is none"),
    .init(
      "usher_history_upkeep_failures_total", .counter,
      "Failed attempts to make the coming months' tables and to drop old ones"),
    .init("usher_rewrap_remaining", .gauge, "Values that older keys have sealed, as last counted"),
    .init("usher_rewrap_resealed_total", .counter, "Values that were sealed anew after a rotation"),
    .init("usher_rewrap_failures_total", .counter, "Rounds of sealing anew that failed and are repeated"),
    .init("usher_erasures_pending", .gauge, "Customers that are to be erased and are not yet"),
    .init("usher_erasures_done_total", .counter, "Customers that were erased"),
    .init("usher_erasures_failures_total", .counter, "Rounds of erasing that failed and are repeated"),
  ]

  /// Passwords.
  static let passwords: [MetricDescription] = [
    .init("usher_passwords_waiting", .gauge, "Passwords that wait to be computed"),
    .init("usher_passwords_computing", .gauge, "Passwords that are computed at this moment"),
    .init("usher_passwords_refused_total", .counter, "Passwords that were not computed because too many waited"),
    .init("usher_password_seconds", .latency, "From a password to its hash, the wait included"),
  ]
}
