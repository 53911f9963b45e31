public import ServiceQueue

extension BrokerActor {
  /// The longest a read of the outbox waits for its first entry.
  private static let longestWait = Duration.seconds(30)

  /// The oldest changes that the history has not confirmed; see `Broker`. Meant for one reader that waits: such reads wait for
  /// one another. Waits at most 30 s. The outbox has no bound of its own, since no change may be lost: when Redis' memory is used up
  /// it refuses new changes.
  public func outbox(
    after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    guard (1...BrokerLimits.outbox).contains(limit) else {
      throw .outOfBounds("The limit of a read of the outbox is 1 to \(BrokerLimits.outbox)")
    }
    let wait = min(wait, Self.longestWait)
    var command = RedisCommand("XREAD", "COUNT", String(limit))
    if wait.milliseconds > 0 {
      command.append("BLOCK")
      command.append(wait.milliseconds)
    }
    command.append("STREAMS")
    command.append(keys.outbox)
    command.append(last?.description ?? "0-0")
    let reply = try await reply(
      to: command, named: "outbox", effect: .wait, on: wait.milliseconds > 0 ? outboxLink : reads,
      timeout: max(wait, .zero) + configuration.commandTimeout)
    let streams = try StreamReply.streams(in: reply)
    return try (streams.first?.entries ?? []).map { (entry) throws(BrokerError) in
      guard let id = OutboxID(reply.text(of: entry.id)),
        let event = reply.withBytes(of: entry.value, { EventCodec.event(from: $0) })
      else { throw .notUnderstood("outbox") }
      return OutboxEntry(id: id, event: event)
    }
  }

  /// Forgets the entries: the history has them. At most `BrokerLimits.outbox` at one time.
  public func acknowledgeOutbox(_ ids: [OutboxID]) async throws(BrokerError) {
    guard ids.count <= BrokerLimits.outbox else {
      throw .outOfBounds("At most \(BrokerLimits.outbox) entries are acknowledged at one time")
    }
    guard !ids.isEmpty else { return }
    var command = RedisCommand("XDEL", keys.outbox)
    for id in ids { command.append(id.description) }
    _ = try await execute(command, named: "acknowledge", effect: .change)
  }
}
