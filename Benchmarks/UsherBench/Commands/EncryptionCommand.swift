import ArgumentParser

/// `usher-bench encryption`: what sealing, fingerprints and passwords cost.
struct EncryptionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encryption",
    abstract: "Measure sealing and opening beside openssl speed and swift-crypto, fingerprints and scrypt.",
    discussion: "One at a time on one thread. Keys are made for the measurement and forgotten.")

  @Option(help: "Seconds for each measurement of a run, 0.05 to 60.") var seconds = 0.25
  @Option(help: "Runs, of which the median is shown, 1 to 15.") var runs = 5
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (0.05...60).contains(seconds) else { throw ValidationError("--seconds takes 0.05 to 60") }
    guard (1...15).contains(runs) else { throw ValidationError("--runs takes 1 to 15") }
  }

  func run() async throws {
    let machine = Machine.now()
    let benchmark = try EncryptionBenchmark(duration: .seconds(seconds))
    let results = try await interruptible { try await benchmark.run(runs: runs) }
    let report = Report(
      benchmark: "encryption", machine: machine, settings: ["seconds": "\(seconds)", "runs": "\(runs)"],
      results: results, targets: results.targets, checks: benchmark.checks, warnings: machine.warnings)
    try report.show(EncryptionTable.tables(results), json: json, check: check)
  }
}
