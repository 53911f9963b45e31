extension SiteModel {
  /// Does what is due by itself in the queue, at most so many: scheduled services come in line, leases and holds end. Answers how
  /// many there were.
  public mutating func sweep(_ queue: QueueName, most: Int, at now: Int64) throws(BrokerError) -> Int {
    forget(at: now)
    let due = try self.queue(queue).timers.entries.prefix { $0.number <= now }.prefix(most).map(\.id)
    for id in due {
      guard let service = queues[queue]?[id]?.service else { continue }
      switch service.state {
      case .scheduled:
        var after = service.changed()
        after.state = .waiting
        record(after, by: Self.itself, at: now) { .updated($0, .due) }
      case .onHold: _ = comeBack(service, .holdExpired, by: Self.itself, at: now)
      case .claimed, .serving: _ = comeBack(service, .leaseExpired, by: Self.itself, at: now)
      case .waiting, .completed, .noShow, .cancelled, .dead: break  // They have no timer.
      }
    }
    return due.count
  }

  /// The actor of what the Broker does by itself.
  static let itself = "system"

  /// Gives a queue another mode; see `Broker.changeMode`.
  public mutating func changeMode(_ request: QueueModeRequest, at now: Int64) throws(BrokerError) -> QueueModeAnswer {
    forget(at: now)
    let queue = request.queue
    guard let before = queues[queue]?.mode else { throw .refusal(.unknownQueue) }
    let key = request.idempotencyKey.map {
      RememberedKey(kind: .command, owner: request.actor.id, key: $0.rawValue)
    }
    let content = Remembered.Content.mode(queue, request.mode)
    if case .changedMode(let answer)? = try earlier(key, content, at: now) {
      return QueueModeAnswer(
        queue: queue, mode: answer.mode, queueVersion: answer.queueVersion, isReplay: true)
    }
    if before != request.mode {
      queues[queue]?.mode = request.mode
      emit(.mode(request.mode), in: queue, by: request.actor.name, at: now)
    }
    let answer = QueueModeAnswer(
      queue: queue, mode: request.mode, queueVersion: queues[queue]?.version ?? 0, isReplay: false)
    remember(.changedMode(answer), of: content, for: key, at: now)
    return answer
  }
}
