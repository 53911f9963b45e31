import ArgumentParser

/// `usher-bench estimate`: how often the estimate of a wait is right.
struct EstimateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Simulate queues and count how many waits fall in the range that was estimated at arrival.",
    discussion: "Pure computation: the same seed gives the same numbers everywhere.")

  @Option(help: "Services in each simulated queue, 500 to 100,000.") var arrivals = 20_000
  @Option(help: "The seed.") var seed: UInt64 = 1
  @Flag(help: "Print JSON instead of a table.") var json = false
  @Flag(help: "Exit with 1 when the target is missed.") var check = false

  func validate() throws {
    guard (500...100_000).contains(arrivals) else { throw ValidationError("--arrivals takes 500 to 100000") }
  }

  func run() async throws {
    let machine = Machine.now()
    let results = try EstimateBenchmark.run(arrivals: arrivals, seed: seed)
    let report = Report(
      benchmark: "estimate", machine: machine, settings: ["arrivals": "\(arrivals)", "seed": "\(seed)"],
      results: results, targets: results.targets, checks: [], warnings: [])
    try report.show([EstimateBenchmark.table(results)], json: json, check: check)
  }
}
