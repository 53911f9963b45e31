import ArgumentParser
import Foundation

/// What a benchmark prints.
struct Report<Results: Encodable>: Encodable {
  let benchmark: String
  let machine: Machine
  let settings: [String: String]
  let results: Results
  let targets: [Target]
  /// What was found right; a benchmark that finds something wrong has no report.
  let checks: [String]
  /// What to know before believing the numbers.
  let warnings: [String]

  /// For machines: times in seconds, latencies in microseconds, every run.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// For people: where, how, `tables`, the targets, what was checked.
  func text(_ tables: [Table]) -> String {
    let load = String(format: "%.2f", machine.loadAverage)
    var lines = [
      "usher-bench \(benchmark)",
      "  machine   \(machine.processor), \(machine.cores) cores, \(machine.system), load average \(load), "
        + "\(machine.build) build",
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
