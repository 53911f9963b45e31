import ArgumentParser
import Foundation
import Gateway

/// `usher health`: what a container's health check runs, where there is no other program to ask with.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Ask the server of this machine whether it is ready; exit code 0 when it is, else 1.")

  @Flag(help: "Ask only whether it runs, not for what it needs.") var live = false

  func run() async throws {
    let settings = try Settings.load(environment: ProcessInfo.processInfo.environment)
    let listener = settings.adminListen.reachable
    guard let answer = await HealthAnswer.asked(of: listener, live ? .live : .ready) else {
      throw SettingsError("no answer from \(listener), where USHER_ADMIN_LISTEN is")
    }
    print(answer.text, terminator: answer.text.hasSuffix("\n") ? "" : "\n")
    guard answer.isGood else { throw ExitCode.failure }
  }
}
