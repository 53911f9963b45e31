/// Requests that are due at moments of their own, whether or not those before them are confirmed.
package protocol PacedRequests: Sendable {
  /// What is to be done now; asked again after each answer, in order.
  mutating func next() throws -> PacedRequest
  /// RabbitMQ has taken the request, or refused it.
  mutating func answered(_ number: Int, isTaken: Bool)
}

/// What `PacedRequests` says.
package enum PacedRequest: Sendable {
  /// This one is due; the number comes back with its confirm.
  case due(Int, SampleRequest)
  /// The next one is due after so long.
  case wait(Duration)
  /// There are no more.
  case end
}
