import ArgumentParser
import Foundation

/// `usher serve`: every role in this process, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the server.")

  func run() async throws {
    let settings = try Settings.load(
      environment: ProcessInfo.processInfo.environment, needing: Set(Settings.Needed.allCases))
    let logger = Foundations.logger(settings)
    try await Server(settings, logger: logger).run()
  }
}
