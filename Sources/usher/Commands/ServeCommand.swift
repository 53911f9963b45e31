import ArgumentParser
import Foundation

/// `usher serve`: this process's roles, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the server.")

  func run() async throws {
    let settings = try Settings.loadForRoles(environment: ProcessInfo.processInfo.environment)
    let logger = Foundations.logger(settings)
    try await Server(settings, logger: logger).run()
  }
}
