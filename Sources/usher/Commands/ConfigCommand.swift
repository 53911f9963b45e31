import ArgumentParser
import Foundation

/// `usher config`: every setting with its meaning, default and effective value; the reference; or what is wrong.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Print every setting with meaning, default and effective value.")

  @Flag(help: "Print the reference of all settings, as docs/configuration.md has it.") var markdown = false
  @Flag(help: "Tell every mistake of the present environment; exit code 1 when there is one.") var check = false

  func validate() throws {
    guard !(markdown && check) else { throw ValidationError("give --markdown or --check, not both") }
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    if markdown {
      print(SettingsReference.markdown(), terminator: "")
    } else if check {
      try await tellMistakes(environment)
    } else {
      try tellValues(environment)
    }
  }

  private func tellMistakes(_ environment: [String: String]) async throws {
    let check = await SettingsCheck(environment: environment)
    for mistake in check.mistakes { print(mistake) }
    for name in check.unknown { print("\(name): is not a setting of Usher, and does nothing") }
    guard check.mistakes.isEmpty else { throw ExitCode.failure }
    print("settings: good")
  }

  private func tellValues(_ environment: [String: String]) throws {
    var reader = SettingsReader(environment: environment)
    _ = Settings(&reader)
    for row in reader.rows {
      let none = row.setting.isSecret ? "not set" : "(none)"
      print(row.setting.name)
      print("  \(row.setting.meaning)")
      print("  takes: \(row.setting.takes)")
      print("  default: \(row.setting.standard.map { $0.isEmpty ? "(empty)" : $0 } ?? "(none)")")
      print("  effective: \(row.effective.map { $0.isEmpty ? "(empty)" : $0 } ?? none)")
    }
    guard reader.problems.isEmpty else {
      throw SettingsError(reader.problems.map(\.description).joined(separator: "\n"))
    }
  }
}
