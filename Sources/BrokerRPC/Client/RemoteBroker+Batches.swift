import GRPCCore
public import ServiceQueue
import SwiftProtobuf

extension RemoteBroker {
  /// Stores a batch; see `Broker`. One that does not fit in a message goes in several.
  public func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    guard !submissions.isEmpty else { return [] }
    guard submissions.count <= BrokerLimits.submitBatch else {
      throw BrokerError(.invalidArgument, "At most \(BrokerLimits.submitBatch) services are submitted at one time")
    }
    var outcomes: [SubmitOutcome] = []
    for part in MessageBudget.split(submissions, by: \.messageWeight) {
      let weight = part.reduce(0) { $0 + $1.messageWeight }
      outcomes += try await self.submissions.send(Array(part), weight: weight).get()
    }
    return outcomes
  }

  /// Carries out a command; see `Broker`.
  public func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer {
    guard let result = try await commands.send([request], weight: 0).get().first else {
      throw BrokerError(.internal, "The broker answered nothing")
    }
    return try result.get()
  }

  /// Carries out several commands; see `Broker`.
  public func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    guard requests.count <= BrokerLimits.commandBatch else {
      let refusal = BrokerError(.invalidArgument, "At most \(BrokerLimits.commandBatch) commands at one time")
      return requests.map { _ in .failure(refusal) }
    }
    guard !requests.isEmpty else { return [] }
    var results: [Result<CommandAnswer, BrokerError>] = []
    for part in MessageBudget.split(requests, by: { _ in 0 }, most: MessageBudget.commands) {
      switch await commands.send(Array(part), weight: 0) {
      case .success(let answers): results += answers
      case .failure(let error): results += part.map { _ in .failure(error) }
      }
    }
    return results
  }

  /// One stream of submissions, until it ends.
  func runSubmissions() async throws {
    let lane = submissions
    try await calls.submitStream(options: options(timeout: nil)) { writer in
      while let batch = await lane.nextBatch() {
        let message = WireSubmitBatch.with {
          $0.number = batch.number
          $0.request.submissions = batch.entries.flatMap { $0.items.map(WireSubmission.init) }
        }
        try await writer.write(message)
      }
    } onResponse: { response in
      for try await answer in response.messages {
        lane.receive(answer.number, Self.outcome { () throws(Unreadable) in try answer.outcomes() })
      }
    }
  }

  /// One stream of commands, until it ends.
  func runCommands() async throws {
    let lane = commands
    try await calls.performStream(options: options(timeout: nil)) { writer in
      while let batch = await lane.nextBatch() {
        let message = WirePerformBatch.with {
          $0.number = batch.number
          $0.request.requests = batch.entries.flatMap { $0.items.map(WirePerformRequest.init) }
        }
        try await writer.write(message)
      }
    } onResponse: { response in
      for try await answer in response.messages {
        lane.receive(answer.number, Self.outcome { () throws(Unreadable) in try answer.results() })
      }
    }
  }

  private static func outcome<Value>(
    _ read: () throws(Unreadable) -> Result<Value, BrokerError>
  ) -> Result<Value, BrokerError> {
    do throws(Unreadable) {
      return try read()
    } catch {
      return .failure(error.asAnswer)
    }
  }
}

extension WireSubmitBatchAnswer {
  fileprivate func outcomes() throws(Unreadable) -> Result<[SubmitOutcome], BrokerError> {
    switch answer {
    case .response(let response):
      .success(try response.outcomes.reading { (outcome) throws(Unreadable) in try outcome.domain() })
    case .error(let error): .failure(error.domain)
    case nil: throw Unreadable("answer is missing")
    }
  }
}

extension WirePerformBatchAnswer {
  fileprivate func results() throws(Unreadable) -> Result<[Result<CommandAnswer, BrokerError>], BrokerError> {
    switch answer {
    case .response(let response):
      // An answer that is not understood says nothing about the others.
      .success(
        response.results.map { result in
          do throws(Unreadable) {
            return try result.domain()
          } catch {
            return .failure(error.asAnswer)
          }
        })
    case .error(let error): .failure(error.domain)
    case nil: throw Unreadable("answer is missing")
    }
  }
}
