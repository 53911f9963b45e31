import ArgumentParser

/// `usher-bench compare`: what got slower.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare a result with a baseline, and fail when something got slower.",
    discussion: """
      Both are what the other subcommands print with --json; the baseline may be a file of several, such as \
      Benchmarks/baseline.json, of which that of the same benchmark counts. A number got slower when it is worse by more than \
      the tolerance and each median is outside of the other's spread. Exits with 1 then.
      """)

  @Argument(help: "The baseline.") var baseline: String
  @Argument(help: "The result.") var result: String
  @Option(help: "By how many per cent a number may be worse, 0 to 1,000.") var tolerance = 10.0
  @Flag(help: "Put the result into the baseline, in place of that of the same benchmark, instead of comparing.")
  var renew = false

  func validate() throws {
    guard (0...1_000).contains(tolerance) else { throw ValidationError("--tolerance takes 0 to 1000") }
  }

  func run() throws {
    let result = try StoredReport.read(self.result)
    var file = try BaselineFile.read(baseline)
    if renew {
      file.renew(result)
      try file.write(baseline)
      print("the baseline of '\(result.benchmark)' is now this result")
      return
    }
    guard let former = file.report(result.benchmark) else {
      throw BenchError("\(baseline) has no '\(result.benchmark)': put one in with --renew")
    }
    let comparison = Comparison(baseline: former.figures, result: result.figures, tolerance: tolerance / 100)
    guard comparison.isMeaningful else { throw BenchError("the two have no number in common") }
    print("usher-bench compare, \(result.benchmark)")
    for warning in result.warnings(beside: former) { print("  warning   \(warning)") }
    print("\n\(comparison.table.text)")
    let slower = comparison.slower
    print("\n\(slower.isEmpty ? "nothing got slower" : "slower: \(slower.map(\.name).joined(separator: "; "))")")
    if !slower.isEmpty { throw ExitCode(1) }
  }
}
