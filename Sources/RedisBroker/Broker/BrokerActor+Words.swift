package import ServiceQueue

/// What the Broker would send, for measuring the same by other means. Nothing is sent.
extension BrokerActor {
  /// The function call of a command in `queue`, word by word.
  package func words(of request: CommandRequest, in queue: QueueName) -> [[UInt8]] {
    functionCall(for: request, in: queue).words
  }

  /// The function call of submissions to one queue, as many as go into one call, word by word.
  package func words(of submissions: [Submission]) -> [[UInt8]] {
    functionCall(for: submissions, at: submissions.indices).words
  }
}
