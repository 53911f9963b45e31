import GRPCCore
import ServiceQueue
import SwiftProtobuf

extension BrokerService {
  /// Batches of one stream that are worked on at one time.
  static let batchesUnderway = 16
  /// The number of the answer that says that the server shuts down.
  static let goAway: UInt64 = 0

  func submitStream(
    request: RPCAsyncSequence<WireSubmitBatch, any Error>, response: RPCWriter<WireSubmitBatchAnswer>,
    context: ServerContext
  ) async throws {
    try await answerBatches(request, response, goAway: .with { $0.error = Self.closing }) { batch in
      var answer = WireSubmitBatchAnswer()
      answer.number = batch.number
      do throws(BrokerError) {
        answer.response = try await refusing { try await stored(batch.request) }
      } catch {
        answer.error = WireError(error)
      }
      return answer
    }
  }

  func performStream(
    request: RPCAsyncSequence<WirePerformBatch, any Error>, response: RPCWriter<WirePerformBatchAnswer>,
    context: ServerContext
  ) async throws {
    try await answerBatches(request, response, goAway: .with { $0.error = Self.closing }) { batch in
      var answer = WirePerformBatchAnswer()
      answer.number = batch.number
      do throws(BrokerError) {
        answer.response = try await refusing { try await performed(batch.request) }
      } catch {
        answer.error = WireError(error)
      }
      return answer
    }
  }

  private static let closing = WireError(BrokerError(.unavailable, "The broker shuts down; open another stream"))

  private func refusing<Value>(_ body: () async throws -> Value) async throws(BrokerError) -> Value {
    do {
      return try await body()
    } catch let error as BrokerError {
      throw error
    } catch let error as Unreadable {
      throw error.asRefusal
    } catch {
      throw BrokerError(.internal, "The batch ended with an error that is not known")
    }
  }

  /// Answers each batch in a task of its own. At a shutdown tells the client to go, and answers what it still sends until it does.
  private func answerBatches<Batch: Sendable, Answer: Sendable>(
    _ batches: RPCAsyncSequence<Batch, any Error>, _ writer: RPCWriter<Answer>, goAway: Answer,
    _ work: @escaping @Sendable (Batch) async -> Answer
  ) async throws {
    try await withRPCCancellationHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        var underway = 0
        for try await batch in batches {
          if underway == Self.batchesUnderway {
            try await group.next()
            underway -= 1
          }
          underway += 1
          group.addTask { try await writer.write(await work(batch)) }
        }
        try await group.waitForAll()
      }
    } onCancelRPC: {
      Task { try? await writer.write(goAway) }
    }
  }
}
