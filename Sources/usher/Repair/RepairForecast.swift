import ServiceQueue

/// What `Broker.restore` would answer, without doing it. Pure.
enum RepairForecast {
  /// - Parameters:
  ///   - recorded: the service as the history has it.
  ///   - stored: the same service as Redis has it, live or ended within the last day; nil when it has none.
  static func outcome(of recorded: Service, in stored: Service?) -> RestoreOutcome {
    guard let stored else { return recorded.state.isLive ? .restored(recorded) : .known }
    guard stored.version < recorded.version else { return .known }
    if stored.state.isLive {
      guard stored.queue == recorded.queue else {
        return .refused(BrokerError(.badTarget, "Redis has it in another queue"))
      }
      return recorded.state.isLive ? .restored(recorded) : .ended(recorded)
    }
    return recorded.state.isLive ? .restored(recorded) : .known
  }
}
