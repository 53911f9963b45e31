import Foundation
import Glibc

/// Where and when it was measured, as far as it matters to the numbers.
struct Machine: Sendable, Codable {
  let processor: String
  let cores: Int
  let system: String
  /// Of the minute before the measurement.
  let loadAverage: Double
  let build: String

  /// This machine, before anything is measured.
  static func now() -> Machine {
    var loads = [Double](repeating: 0, count: 1)
    getloadavg(&loads, 1)
    return Machine(
      processor: processorName(), cores: ProcessInfo.processInfo.activeProcessorCount,
      system: ProcessInfo.processInfo.operatingSystemVersionString, loadAverage: loads[0], build: buildName)
  }

  /// What makes the numbers worse than they could be.
  var warnings: [String] {
    var warnings: [String] = []
    if build != "release" { warnings.append("a debug build: its numbers mean nothing; build with -c release") }
    if loadAverage >= 0.5 {
      warnings.append(
        "the machine was busy (load average \(String(format: "%.2f", loadAverage))): the numbers are lower bounds")
    }
    return warnings
  }

  #if DEBUG
    private static let buildName = "debug"
  #else
    private static let buildName = "release"
  #endif

  private static func processorName() -> String {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
      let colon = line.firstIndex(of: ":")
    else { return "unknown processor" }
    return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
  }
}
