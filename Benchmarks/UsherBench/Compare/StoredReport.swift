import Foundation

/// What a report in JSON says of itself and its numbers; whatever else is in it stays unread.
struct StoredReport: Sendable, Codable {
  let benchmark: String
  let machine: Machine
  let versions: [String: String]
  let settings: [String: String]
  let figures: [Figure]

  /// Reads the report that `usher-bench` printed or wrote.
  static func read(_ path: String) throws -> StoredReport {
    guard let data = FileManager.default.contents(atPath: path) else { throw BenchError("\(path) cannot be read") }
    do {
      return try JSONDecoder().decode(StoredReport.self, from: data)
    } catch {
      throw BenchError("\(path) is no report of usher-bench: what it prints with --json is")
    }
  }

  /// What makes a comparison worth less.
  func warnings(beside baseline: StoredReport) -> [String] {
    var warnings: [String] = []
    if machine.processor != baseline.machine.processor || machine.cores != baseline.machine.cores {
      warnings.append(
        "other machines: \(baseline.machine.processor), \(baseline.machine.cores) cores, and now "
          + "\(machine.processor), \(machine.cores) cores")
    }
    for (name, report) in [("baseline", baseline), ("result", self)] where report.machine.build != "release" {
      warnings.append("the \(name) is of a \(report.machine.build) build: its numbers mean nothing")
    }
    for name in Set(settings.keys).union(baseline.settings.keys).sorted()
    where settings[name] != baseline.settings[name] {
      warnings.append("\(name) was '\(baseline.settings[name] ?? "-")' and is '\(settings[name] ?? "-")'")
    }
    return warnings
  }
}

/// A file of baselines, one report a benchmark; a report by itself is one, too.
struct BaselineFile: Sendable, Codable {
  private(set) var reports: [StoredReport]

  /// Reads either form.
  static func read(_ path: String) throws -> BaselineFile {
    guard let data = FileManager.default.contents(atPath: path) else { throw BenchError("\(path) cannot be read") }
    if let file = try? JSONDecoder().decode(BaselineFile.self, from: data) { return file }
    return BaselineFile(reports: [try StoredReport.read(path)])
  }

  /// The baseline of a benchmark.
  func report(_ benchmark: String) -> StoredReport? { reports.first { $0.benchmark == benchmark } }

  /// The report takes the place of that of the same benchmark.
  mutating func renew(_ report: StoredReport) {
    reports = (reports.filter { $0.benchmark != report.benchmark } + [report]).sorted { $0.benchmark < $1.benchmark }
  }

  func write(_ path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (try encoder.encode(self) + Data("\n".utf8)).write(to: URL(filePath: path))
  }
}
