import ArgumentParser
import Foundation

/// What a benchmark prints.
struct Report<Results: Encodable & Figured>: Encodable {
  let benchmark: String
  let machine: Machine
  let versions = Versions.all
  let settings: [String: String]
  let results: Results
  let targets: [Target]
  /// What was found right; a benchmark that finds something wrong has no report.
  let checks: [String]
  /// What to know before believing the numbers.
  let warnings: [String]

  private enum CodingKeys: String, CodingKey {
    case benchmark, machine, versions, settings, figures, results, targets, checks, warnings
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(benchmark, forKey: .benchmark)
    try container.encode(machine, forKey: .machine)
    try container.encode(versions, forKey: .versions)
    try container.encode(settings, forKey: .settings)
    try container.encode(results.figures, forKey: .figures)
    try container.encode(results, forKey: .results)
    try container.encode(targets, forKey: .targets)
    try container.encode(checks, forKey: .checks)
    try container.encode(warnings, forKey: .warnings)
  }

  /// For machines: times in seconds, latencies in microseconds, every run.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// For people: where, how, `tables`, the targets, what was checked.
  func text(_ tables: [Table]) -> String {
    let load = String(format: "%.2f", machine.loadAverage)
    let versions = self.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    var lines = [
      "usher-bench \(benchmark)",
      "  machine   \(machine.processor), \(machine.cores) cores, \(machine.system), load average \(load), "
        + "\(machine.build) build",
      "  versions  \(versions)",
    ]
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)")
    }
    lines += warnings.map { "  warning   \($0)" }
    for table in tables + (targets.isEmpty ? [] : [Target.table(targets)]) { lines += ["", table.text] }
    if !checks.isEmpty { lines.append("") }
    lines += checks.map { "checked: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// Prints it, as JSON if `json`. With `check`, exits with 1 when a target was missed.
  func show(_ tables: [Table], json: Bool, check: Bool) throws {
    print(json ? try self.json() : text(tables))
    if check, targets.contains(where: { !$0.isMet }) { throw ExitCode(1) }
  }
}
