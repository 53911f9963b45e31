/// What a process does. A process has one role, several or all.
enum Role: String, CaseIterable, Sendable {
  /// REST, WebSocket and console; users and history in PostgreSQL.
  case api
  /// Owns the queues, in Redis.
  case broker
  /// Takes requests in from RabbitMQ.
  case consumer
}
