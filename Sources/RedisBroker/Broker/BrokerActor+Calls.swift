import ServiceQueue

/// How a call reaches Redis and comes back.
extension BrokerActor {
  /// Sends one command and awaits its answer.
  func reply(
    to command: RedisCommand, named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil,
    timeout: Duration? = nil
  ) async throws(BrokerError) -> RedisReply {
    let began = clock.now
    let pending = send(command, effect: effect, began: began, on: link, timeout: timeout)
    let outcome = await withUnsafeContinuation { pending.resume($0) }
    return try finish(outcome, named: name, began: effect == .wait ? nil : began)
  }

  /// As the other, the answer as a value of parts.
  func execute(
    _ command: RedisCommand, named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil,
    timeout: Duration? = nil
  ) async throws(BrokerError) -> RedisValue {
    try await reply(to: command, named: name, effect: effect, on: link, timeout: timeout).value
  }

  /// As the other, for functions that answer an array.
  func call(
    _ command: RedisCommand, named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async throws(BrokerError) -> [RedisValue] {
    guard let elements = try await execute(command, named: name, effect: effect, on: link).elements else {
      throw .notUnderstood(name)
    }
    return elements
  }

  /// Sends several commands, one directly after the other, and awaits all answers.
  func replies(
    to batch: [(command: RedisCommand, name: String)], effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async -> [Result<RedisReply, BrokerError>] {
    let began = clock.now
    let all = batch.map { send($0.command, effect: effect, began: began, on: link) }
    var results: [Result<RedisReply, BrokerError>] = []
    results.reserveCapacity(all.count)
    for (call, pending) in zip(batch, all) {
      let outcome = await withUnsafeContinuation { pending.resume($0) }
      results.append(
        Result { () throws(BrokerError) in
          try finish(outcome, named: call.name, began: effect == .wait ? nil : began)
        })
    }
    return results
  }

  /// As the other, for several commands of one name, the answers as values of parts.
  func executeAll(
    _ batch: [RedisCommand], named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async -> [Result<RedisValue, BrokerError>] {
    await replies(to: batch.map { ($0, name) }, effect: effect, on: link).map { $0.map(\.value) }
  }

  /// Sends a command, whose outcome is then asked for.
  func send(
    _ command: RedisCommand, effect: PendingCommand.Effect, began: ContinuousClock.Instant,
    on link: RedisLink? = nil, timeout: Duration? = nil
  ) -> PendingCommand {
    let pending = PendingCommand(
      command, effect: effect, began: began, patience: timeout ?? configuration.commandTimeout)
    if phase == .stopping {
      pending.complete(.failure(.unavailable("the Broker is shutting down")))
    } else {
      (link ?? commands).submit(pending, at: began)
    }
    return pending
  }

  /// Counts the outcome; an array that begins with `ERR` is a refusal of ours.
  func finish(
    _ outcome: PendingCommand.Outcome, named name: String, began: ContinuousClock.Instant?
  ) throws(BrokerError) -> RedisReply {
    let error: BrokerError?
    switch outcome {
    case .success(let reply): error = BrokerError(refusalIn: reply)
    case .failure(let failure):
      error = BrokerError(failure)
      if case .refused(let text) = failure { metrics.refusedByRedis(BrokerError.redisRefusal(text)) }
    }
    metrics.finished(name, error: error?.code, after: began.map { clock.now - $0 })
    if let error { throw error }
    guard case .success(let reply) = outcome else { throw .notUnderstood(name) }
    return reply
  }
}

extension Duration {
  /// Whole milliseconds, cut.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
