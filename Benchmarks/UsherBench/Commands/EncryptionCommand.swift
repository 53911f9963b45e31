import ArgumentParser

/// `usher-bench encryption`: what sealing, fingerprints and passwords cost.
struct EncryptionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encryption",
    abstract: "Measure sealing and opening, fingerprints and scrypt, one at a time on one thread.",
    discussion: "Keys are made for the measurement and forgotten.")

  @Option(help: "Seconds for each measurement of a run, 0.05 to 60.") var seconds = 1.0
  @Option(help: "Runs, of which the median is shown, 1 to 15.") var runs = 3
  @Flag(help: "Print JSON with every run instead of a table.") var json = false

  func validate() throws {
    guard (0.05...60).contains(seconds) else { throw ValidationError("--seconds takes 0.05 to 60") }
    guard (1...15).contains(runs) else { throw ValidationError("--runs takes 1 to 15") }
  }

  func run() async throws {
    let machine = Machine.now()
    let benchmark = try EncryptionBenchmark(duration: .seconds(seconds))
    let results = try await benchmark.run(runs: runs)
    let report = Report(
      benchmark: "encryption", machine: machine, settings: ["seconds": "\(seconds)", "runs": "\(runs)"],
      results: results, targets: [], checks: benchmark.checks, warnings: machine.warnings)
    try report.show([EncryptionTable.rows(results)], json: json, check: false)
  }
}
