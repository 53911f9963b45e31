import ServiceQueue

/// The commands about a whole queue, as they are called at both doors: each gives it a mode.
enum QueueCommand: String, Sendable, CaseIterable {
  case pause
  case resume
  case drain

  /// The mode that the queue has afterwards.
  var mode: QueueMode {
    switch self {
    case .pause: .paused
    case .resume: .open
    case .drain: .draining
    }
  }
}

extension CommandDesk {
  /// Gives a queue another mode.
  func change(
    _ queue: QueueName, _ command: QueueCommand, by principal: Principal, key: IdempotencyKey?
  ) async throws(GatewayError) -> QueueModeAnswer {
    guard AccessPolicy.allows(.control, by: principal, in: queue) else { throw .forbidden }
    let request = QueueModeRequest(queue, command.mode, by: principal, idempotencyKey: key)
    return try await asking { () async throws(BrokerError) in try await broker.changeMode(request) }
  }

  /// `{queue, mode, paused, queue_version, replay?}`.
  func json(_ answer: QueueModeAnswer) -> [UInt8] {
    var json = JSONWriter()
    json.object {
      $0.key("queue")
      $0.string(answer.queue.rawValue)
      $0.key("mode")
      $0.string(answer.mode.rawValue)
      $0.key("paused")
      $0.bool(answer.mode == .paused)
      $0.key("queue_version")
      $0.number(answer.queueVersion)
      if answer.isReplay {
        $0.key("replay")
        $0.bool(true)
      }
    }
    return json.bytes
  }
}
