import ArgumentParser
import Foundation
import ServiceQueue
import UserStore

/// `usher repair`: after Redis has lost data, or was restored from an older copy. Prints numbers alone.
struct RepairCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair", abstract: "Bring the queues in Redis up to what the history knows.",
    discussion: """
      Services that are open in the history and lost in Redis stand in their queues again, at their places; those whose end Redis \
      has lost are ended. Safe while servers run, and to run again. Exit code 1 when something could not be repaired.
      """)

  @Option(help: "Only this queue. Default: all of them.") var queue: String?
  @Flag(help: "Change nothing, and print what a repair would do.") var dryRun = false

  func run() async throws {
    let name = try queue.map { text in
      guard let name = QueueName(text) else { throw ValidationError("'\(text)' is not a queue name") }
      return name
    }
    let settings = try Settings.load(
      environment: ProcessInfo.processInfo.environment, needing: [.redisURL, .databaseURL, .keysetFile])
    let logger = Foundations.logger(settings)
    let isDryRun = dryRun
    let report = try await StoreAccess.withStore(settings, logger) { history in
      if !isDryRun { try await history.record(AuditEntry(action: "queue.repair", actor: nil, object: name?.rawValue)) }
      return try await BrokerAccess.withBroker(settings, logger) { broker in
        try await Repair(broker: broker, history: history).run(queue: name, isDryRun: isDryRun)
      }
    }
    for line in report.lines { print(line) }
    guard report.isComplete else { throw ExitCode.failure }
  }
}
