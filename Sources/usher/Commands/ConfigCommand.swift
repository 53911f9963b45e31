import ArgumentParser
import Foundation

/// `usher config`: every setting with its meaning, default and effective value; secrets hidden.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Print every setting with meaning, default and effective value.")

  func run() throws {
    var reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
    _ = Settings(&reader)
    for row in reader.rows {
      print(row.name)
      print("  \(row.meaning)")
      print("  takes: \(row.takes)")
      print("  default: \(row.standard.map { $0.isEmpty ? "(empty)" : $0 } ?? "(none)")")
      print("  effective: \(row.effective.map { $0.isEmpty ? "(empty)" : $0 } ?? "(none)")")
    }
    guard reader.problems.isEmpty else {
      throw SettingsError(reader.problems.map(\.description).joined(separator: "\n"))
    }
  }
}
