import ServiceQueue

/// Which streams are read, in which order: made anew only when other queues are followed.
struct EventReadPlan {
  private(set) var queues: [QueueName] = []
  /// The front of the command, up to the keys.
  private(set) var command = RedisCommand()
  private var queueOfKey: [String: QueueName] = [:]
  private var generation = -1

  mutating func update(for positions: EventPositions, keys: KeySpace, limit: Int, block: Duration) {
    guard generation != positions.generation else { return }
    generation = positions.generation
    queues = positions.places.keys.sorted()
    command = RedisCommand(
      "XREAD", "COUNT", String(limit), "BLOCK", String(block.milliseconds), "STREAMS", keys.control)
    queueOfKey = [:]
    for queue in queues {
      let key = keys.key(.ev, of: queue)
      queueOfKey[key] = queue
      command.append(key)
    }
  }

  /// The command that reads what comes after the positions.
  func command(after positions: EventPositions) -> RedisCommand {
    var command = command
    command.append(positions.controlID ?? "0-0")
    for queue in queues { command.append("\(positions.places[queue]?.version ?? 0)-0") }
    return command
  }

  /// The queue whose events `key` holds; nil for the control stream.
  func queue(of key: String) -> QueueName? { queueOfKey[key] }
}
