import ServiceQueue

/// How a call reaches Redis and comes back.
extension BrokerActor {
  /// Sends one command and awaits its answer.
  func execute(
    _ command: RedisCommand, named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil,
    timeout: Duration? = nil
  ) async throws(BrokerError) -> RedisValue {
    let began = clock.now
    let timeout = timeout ?? configuration.commandTimeout
    let result = await withCheckedContinuation { continuation in
      submit(command, effect: effect, on: link ?? commands, began: began, timeout: timeout) {
        continuation.resume(returning: $0)
      }
    }
    return try finish(result, named: name, began: effect == .wait ? nil : began)
  }

  /// Sends several commands, one directly after the other, and awaits all answers.
  func executeAll(
    _ batch: [(command: RedisCommand, name: String)], effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async -> [Result<RedisValue, BrokerError>] {
    guard !batch.isEmpty else { return [] }
    let began = clock.now
    let results = await withCheckedContinuation { continuation in
      let gathering = Gathering(count: batch.count, continuation)
      for (index, call) in batch.enumerated() {
        submit(
          call.command, effect: effect, on: link ?? commands, began: began, timeout: configuration.commandTimeout
        ) { gathering.add($0, at: index) }
      }
    }
    return zip(batch, results).map { call, result in
      Result { () throws(BrokerError) in try finish(result, named: call.name, began: effect == .wait ? nil : began) }
    }
  }

  /// As the other, for several commands of one name.
  func executeAll(
    _ batch: [RedisCommand], named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async -> [Result<RedisValue, BrokerError>] {
    await executeAll(batch.map { ($0, name) }, effect: effect, on: link)
  }

  private func submit(
    _ command: RedisCommand, effect: PendingCommand.Effect, on link: RedisLink, began: ContinuousClock.Instant,
    timeout: Duration, completion: @escaping (Result<RedisValue, RedisFailure>) -> Void
  ) {
    guard phase != .stopping else { return completion(.failure(.unavailable("the Broker is shutting down"))) }
    link.submit(
      PendingCommand(
        command, effect: effect, deadline: began + timeout, patience: timeout, completion: completion))
  }

  /// Counts the outcome; an array that begins with `ERR` is a refusal of ours.
  private func finish(
    _ result: Result<RedisValue, RedisFailure>, named name: String, began: ContinuousClock.Instant?
  ) throws(BrokerError) -> RedisValue {
    let error: BrokerError?
    switch result {
    case .success(let value): error = BrokerError(refusalIn: value)
    case .failure(let failure): error = BrokerError(failure)
    }
    metrics.finished(name, outcome: error?.code.rawValue ?? "ok", after: began.map { clock.now - $0 })
    if let error { throw error }
    guard case .success(let value) = result else { throw .notUnderstood(name) }
    return value
  }

  /// As `execute`, for functions that answer an array.
  func call(
    _ command: RedisCommand, named name: String, effect: PendingCommand.Effect, on link: RedisLink? = nil
  ) async throws(BrokerError) -> [RedisValue] {
    guard let elements = try await execute(command, named: name, effect: effect, on: link).elements else {
      throw .notUnderstood(name)
    }
    return elements
  }
}

/// Collects the answers to several commands and resumes once. Stays on the reactor's thread.
private final class Gathering {
  private var results: [Result<RedisValue, RedisFailure>?]
  private var missing: Int
  private let continuation: CheckedContinuation<[Result<RedisValue, RedisFailure>], Never>

  init(count: Int, _ continuation: CheckedContinuation<[Result<RedisValue, RedisFailure>], Never>) {
    results = Array(repeating: nil, count: count)
    missing = count
    self.continuation = continuation
  }

  func add(_ result: Result<RedisValue, RedisFailure>, at index: Int) {
    results[index] = result
    missing -= 1
    if missing == 0 { continuation.resume(returning: results.compactMap(\.self)) }
  }
}

extension Duration {
  /// Whole milliseconds, cut.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
