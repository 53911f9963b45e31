import Logging
import ServiceQueue

// What the log hears of items of batches, each within its own trace: at `debug` what became of it, and whatever the Broker could not
// explain as a warning.

extension BrokerService {
  /// True where an item is to be told of.
  private func isTold(_ trace: TraceContext?) -> Bool { trace != nil || logger.logLevel <= .debug }

  /// Spans for the items of a batch; none where nobody wants to hear of them.
  func spans<Item>(_ operation: String, _ items: [Item], _ trace: (Item) -> TraceContext?) -> [ItemSpan] {
    guard items.contains(where: { isTold(trace($0)) }) else { return [] }
    return items.map { ItemSpan(operation, in: trace($0)) }
  }

  /// Ends the spans of commands.
  func tell(_ spans: [ItemSpan], _ requests: [CommandRequest], _ results: [Result<CommandAnswer, BrokerError>]) {
    for (span, (request, result)) in zip(spans, zip(requests, results)) {
      span.end {
        switch result {
        case .success(let answer):
          logger.debug(
            "A command was carried out",
            metadata: [
              "command": "\(request.command.name)", "service": "\(answer.service.id)",
              "queue": "\(answer.service.queue)",
            ])
        case .failure(let error):
          var metadata: Logger.Metadata = ["command": "\(request.command.name)", "error": "\(error.code.rawValue)"]
          if let service = request.command.service { metadata["service"] = "\(service.id)" }
          logger.log(level: Self.level(of: error), "A command was not carried out", metadata: metadata)
        }
      }
    }
  }

  /// Ends the spans of submissions.
  func tell(_ spans: [ItemSpan], _ submissions: [Submission], _ outcomes: [SubmitOutcome]) {
    for (span, (submission, outcome)) in zip(spans, zip(submissions, outcomes)) {
      span.end {
        var metadata: Logger.Metadata = ["queue": "\(submission.queue)", "service": "\(submission.id)"]
        switch outcome {
        case .stored: logger.debug("A service was stored", metadata: metadata)
        case .duplicate(let first):
          metadata["service"] = "\(first)"
          logger.debug("A service was stored before", metadata: metadata)
        case .refused(let error):
          metadata["error"] = "\(error.code.rawValue)"
          logger.log(level: Self.level(of: error), "A service was not stored", metadata: metadata)
        }
      }
    }
  }

  private static func level(of error: BrokerError) -> Logger.Level { error.code == .internal ? .warning : .debug }
}
