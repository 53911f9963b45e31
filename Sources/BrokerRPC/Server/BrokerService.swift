import GRPCCore
import Logging
import ServiceQueue
import SwiftProtobuf

/// `usher.broker.v1.Broker` over any Broker: reads the question, asks, and writes the answer. Decides nothing.
struct BrokerService: WireBroker.SimpleServiceProtocol {
  let broker: any Broker
  let logger: Logger

  /// The answer of `body`, its errors as a call ends with them.
  func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as BrokerError {
      throw RPCError(error)
    } catch let error as Unreadable {
      throw RPCError(error.asRefusal)
    }
  }

  /// Refuses a list that is empty or too long.
  func bounded<Item>(_ items: [Item], _ bounds: ClosedRange<Int>, _ field: String) throws(BrokerError) {
    guard bounds.contains(items.count) else {
      throw BrokerError(.invalidArgument, "\(field) are \(bounds.lowerBound) to \(bounds.upperBound) at one time")
    }
  }

  func submit(request: WireSubmitRequest, context: ServerContext) async throws -> WireSubmitResponse {
    try await answering { try await stored(request) }
  }

  func stored(_ request: WireSubmitRequest) async throws -> WireSubmitResponse {
    try bounded(request.submissions, 1...BrokerLimits.submitBatch, "submissions")
    let submissions = try request.submissions.reading { (submission) throws(Unreadable) in try submission.domain() }
    let told = spans("submit", submissions, \.trace)
    let outcomes: [SubmitOutcome]
    do throws(BrokerError) {
      outcomes = try await broker.submit(submissions)
    } catch {
      tell(told, submissions, submissions.map { _ in .refused(error) })
      throw error
    }
    tell(told, submissions, outcomes)
    return .with { $0.outcomes = outcomes.map(WireSubmitOutcome.init) }
  }

  func perform(request: WirePerformRequest, context: ServerContext) async throws -> WireCommandAnswer {
    try await answering {
      let request = try request.domain()
      let told = spans("perform", [request], \.trace)
      let result: Result<CommandAnswer, BrokerError>
      do throws(BrokerError) { result = .success(try await broker.perform(request)) } catch { result = .failure(error) }
      tell(told, [request], [result])
      return WireCommandAnswer(try result.get())
    }
  }

  func performAll(request: WirePerformAllRequest, context: ServerContext) async throws -> WirePerformAllResponse {
    try await answering { try await performed(request) }
  }

  /// One that cannot be read is refused alone.
  func performed(_ request: WirePerformAllRequest) async throws -> WirePerformAllResponse {
    try bounded(request.requests, 1...BrokerLimits.commandBatch, "requests")
    let requests = request.requests.map { request in
      Result { () throws(Unreadable) in try request.domain() }
    }
    let readable = requests.compactMap { try? $0.get() }
    let told = spans("perform", readable, \.trace)
    let answers = await broker.performAll(readable)
    tell(told, readable, answers)
    var results = answers.makeIterator()
    return .with {
      $0.results = requests.map { request in
        switch request {
        case .success:
          WireCommandResult(results.next() ?? .failure(BrokerError(.internal, "There is no answer to the command")))
        case .failure(let error): WireCommandResult(.failure(error.asRefusal))
        }
      }
    }
  }

  func changeMode(request: WireChangeModeRequest, context: ServerContext) async throws -> WireChangeModeResponse {
    try await answering { WireChangeModeResponse(try await broker.changeMode(try request.domain())) }
  }

  func createQueue(request: WireCreateQueueRequest, context: ServerContext) async throws -> WireCreateQueueResponse {
    try await answering {
      let isNew = try await broker.createQueue(try QueueName(wire: request.queue))
      return .with { $0.isNew = isNew }
    }
  }

  func restore(request: WireRestoreRequest, context: ServerContext) async throws -> WireRestoreResponse {
    try await answering {
      try bounded(request.services, 1...BrokerLimits.restoreBatch, "services")
      let services = try request.services.reading { (service) throws(Unreadable) in try service.domain() }
      let outcomes = try await broker.restore(services)
      return .with { $0.outcomes = outcomes.map(WireRestoreOutcome.init) }
    }
  }

  func erase(request: WireEraseRequest, context: ServerContext) async throws -> WireEraseResponse {
    try await answering {
      try bounded(request.ids, 0...BrokerLimits.eraseBatch, "ids")
      let ids = try request.ids.reading { (id) throws(Unreadable) in try ServiceID(wire: id) }
      let queues = try request.seenIn.reading { (name) throws(Unreadable) in try QueueName(wire: name) }
      let erased = try await broker.erase(ids, seenIn: Set(queues))
      return .with { $0.erased = erased.map(\.rawValue).sorted() }
    }
  }

  func rewriteLog(request: WireRewriteLogRequest, context: ServerContext) async throws -> WireRewriteLogResponse {
    try await answering {
      let rewrite = try await broker.rewriteLog()
      return .with { $0.rewrite = WireLogRewrite(rewrite) }
    }
  }

  func assure(request: WireAssureRequest, context: ServerContext) async throws -> WireAssureResponse {
    try await answering {
      let isRenewed = try await broker.assure(
        try QueueName(wire: request.queue), seen: request.version, in: try Epoch(wire: request.epoch))
      return .with { $0.isRenewed = isRenewed }
    }
  }

  func announce(request: WireAnnounceRequest, context: ServerContext) async throws -> WireAnnounceResponse {
    try await answering {
      try bounded(request.changes, 0...BrokerLimits.presenceBatch, "changes")
      let isKnown = try await broker.announce(try request.domain())
      return .with { $0.isKnown = isKnown }
    }
  }
}
