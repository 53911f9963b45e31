import ServiceQueue

/// A server without RabbitMQ has none.
extension AbsentStore: DeadLetters {
  private static let noLetters = DeadLetterError(.unavailable, "this server is not connected to RabbitMQ")

  func list(_ filter: DeadLetterFilter, limit: Int) async throws(DeadLetterError) -> DeadLetterPage {
    throw Self.noLetters
  }
  func show(_ id: DeadLetterID) async throws(DeadLetterError) -> DeadLetterContent { throw Self.noLetters }
  func requeue(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome { throw Self.noLetters }
  func purge(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome { throw Self.noLetters }
}
