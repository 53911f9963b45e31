import GRPCCore
import Logging
import ServiceQueue
import Synchronization

/// Carries calls in batches on one stream at a time, which is opened when there is something to send. Calls never wait longer than
/// the timeout.
final class BatchLane<Item: Sendable, Answer: Sendable>: Sendable {
  typealias Outcome = Result<[Answer], BrokerError>
  typealias Queue = BatchQueue<Item, CheckedContinuation<Outcome, Never>>

  private struct State {
    var queue: Queue
    /// The task that sends, when there is nothing to send.
    var sender: CheckedContinuation<Void, Never>?
    /// The server wants the stream to end.
    var isStreamOver = false
    var isStopped = false

    mutating func takeSender() -> CheckedContinuation<Void, Never>? {
      defer { sender = nil }
      return sender
    }
  }

  private let state: Mutex<State>
  private let timeout: Duration
  private let logger: Logger

  init(limits: Queue.Limits, timeout: Duration, logger: Logger) {
    state = Mutex(State(queue: Queue(limits: limits)))
    self.timeout = timeout
    self.logger = logger
  }

  /// Sends items, at most `limits.batch`, and waits for their answers.
  func send(_ items: [Item], weight: Int) async -> Outcome {
    await withCheckedContinuation { continuation in
      let entry = Queue.Entry(
        items: items, weight: weight, waiter: continuation, deadline: ContinuousClock.now + timeout)
      let (refusal, sender) = state.withLock { state -> (BrokerError?, CheckedContinuation<Void, Never>?) in
        guard !state.isStopped else { return (BrokerError(.unavailable, "The client of the broker is stopped"), nil) }
        guard state.queue.add(entry) else {
          return (BrokerError(.overloaded, "Too many calls to the broker are under way; try again"), nil)
        }
        return (nil, state.takeSender())
      }
      sender?.resume()
      if let refusal { continuation.resume(returning: .failure(refusal)) }
    }
  }

  /// The next batch for the stream, as soon as there is one; nil when the stream is to end.
  func nextBatch() async -> Queue.Batch? {
    while !Task.isCancelled {
      let (batch, isOver) = state.withLock {
        ($0.isStreamOver || $0.isStopped ? nil : $0.queue.take(), $0.isStreamOver)
      }
      if let batch { return batch }
      if isOver || isStopped { return nil }
      await waitForWork()
    }
    return nil
  }

  /// The answer to a batch. The number 0 is the server's wish that the stream ends.
  func receive(_ number: UInt64, _ outcome: Outcome) {
    let (batch, sender) = state.withLock { state -> (Queue.Batch?, CheckedContinuation<Void, Never>?) in
      if number == 0 { state.isStreamOver = true }
      return (state.queue.answered(number), state.takeSender())
    }
    sender?.resume()
    guard let batch else { return }
    guard case .success(let answers) = outcome else {
      for entry in batch.entries { entry.waiter.resume(returning: outcome) }
      return
    }
    guard answers.count == batch.count else {
      let error = BrokerError(.internal, "The broker answered \(answers.count) of \(batch.count) items of a batch")
      for entry in batch.entries { entry.waiter.resume(returning: .failure(error)) }
      return
    }
    var start = 0
    for entry in batch.entries {
      let end = start + entry.items.count
      entry.waiter.resume(returning: .success(Array(answers[start..<end])))
      start = end
    }
  }

  /// Opens a stream whenever there is something to send, until stopped. `open` sends what `nextBatch` gives and hands the answers
  /// to `receive`, and returns when the stream has ended.
  func run(_ open: @Sendable () async throws -> Void) async {
    var pause = Self.shortestPause
    while !isStopped, !Task.isCancelled {
      await waitForWork()
      guard !isStopped, !Task.isCancelled else { break }
      state.withLock { $0.isStreamOver = false }
      var failure: (any Error)?
      let began = ContinuousClock.now
      do { try await open() } catch { failure = error }
      let lost = state.withLock { $0.queue.lost() }
      let error = failure ?? RPCError(code: .unavailable, message: "The stream ended")
      for waiter in lost { waiter.resume(returning: .failure(BrokerError(error, .change, wasSent: true))) }
      guard failure != nil else { continue }
      logger.debug("A stream to the broker broke", metadata: ["error": "\(error)", "lost": "\(lost.count)"])
      pause = ContinuousClock.now - began > Self.longestPause ? Self.shortestPause : min(pause * 2, Self.longestPause)
      try? await Task.sleep(for: pause)
    }
  }

  private static var shortestPause: Duration { .milliseconds(20) }
  private static var longestPause: Duration { .seconds(1) }

  /// Ends the waiting of calls that have had their time. To be called often.
  func expire() {
    let (unsent, unanswered) = state.withLock { $0.queue.expire(.now) }
    for waiter in unsent {
      waiter.resume(
        returning: .failure(BrokerError(.unavailable, "The broker could not be reached in time; nothing was sent")))
    }
    for waiter in unanswered {
      waiter.resume(
        returning: .failure(
          BrokerError(
            .outcomeUnknown,
            "The broker did not answer in time: it may or may not have happened; repeat it under the same idempotency key"
          )))
    }
    if !unanswered.isEmpty { wake() }
  }

  /// Takes no further calls and sends nothing more. Answers to what was sent still come.
  func stop() {
    let waiters = state.withLock { state in
      state.isStopped = true
      return state.queue.close()
    }
    for waiter in waiters {
      waiter.resume(returning: .failure(BrokerError(.unavailable, "The client of the broker is stopped")))
    }
    wake()
  }

  /// True when nothing waits for an answer.
  var isIdle: Bool { state.withLock { $0.queue.isIdle } }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func wake() { state.withLock { $0.takeSender() }?.resume() }

  /// Returns when there is something to send, when the stream is to end, or when the task is cancelled.
  private func waitForWork() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let mustWait = state.withLock { state in
          guard !state.queue.hasWork, !state.isStreamOver || state.queue.isIdle, !state.isStopped, !Task.isCancelled
          else { return false }
          state.sender = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    } onCancel: {
      wake()
    }
  }
}
