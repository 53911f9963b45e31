import ArgumentParser
import Foundation
import Glibc

/// `usher-bench queue`: the Broker over a real Redis.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Measure the Broker over a real Redis, beside redis-benchmark, and check that nothing went wrong.",
    discussion: """
      Starts a Redis of its own on a free port of the loopback interface, its data in a temporary folder (TMPDIR), and ends \
      it afterwards.
      """)

  /// What Redis does before it answers, in the words of its own setting.
  enum Fsync: String, ExpressibleByArgument, CaseIterable {
    case always, everysec, no
  }

  @Option(help: "appendfsync of the Redis.") var fsync = Fsync.always
  @Option(help: "Runs, of which the median is shown, 1 to 15. Default: 3, with --quick 1.") var runs: Int?
  @Option(help: "Concurrent callers, 1 to 1,024.") var callers = 64
  @Option(help: "Services submitted and handled in a run, 500 to 200,000. Default: 20,000, with --quick 5,000.")
  var count: Int?
  @Option(help: "Services in one batch of submissions, 1 to 500.") var batch = 100
  @Option(help: "Single commands in a run, 640 to 64,000. Default: 6,400, with --quick 1,920.") var commands: Int?
  @Option(help: "Services in the longest queue, 1,000 to 1,000,000.") var longest = 100_000
  @Flag(help: "A look in under 30 seconds: fewer runs and calls.") var quick = false
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (1...15).contains(runs ?? 1) else { throw ValidationError("--runs takes 1 to 15") }
    guard (1...1_024).contains(callers) else { throw ValidationError("--callers takes 1 to 1024") }
    guard (500...200_000).contains(count ?? 500) else { throw ValidationError("--count takes 500 to 200000") }
    guard (1...500).contains(batch) else { throw ValidationError("--batch takes 1 to 500") }
    guard (640...64_000).contains(commands ?? 640) else { throw ValidationError("--commands takes 640 to 64000") }
    guard (1_000...1_000_000).contains(longest) else { throw ValidationError("--longest takes 1000 to 1000000") }
  }

  private var plan: QueueBenchmark.Plan {
    // Whole pipelines of 64, of which redis-benchmark sends no parts.
    let commands = (self.commands ?? (quick ? 1_920 : 6_400)) / 64 * 64
    return QueueBenchmark.Plan(
      callers: callers, runs: runs ?? (quick ? 1 : 3), lives: count ?? (quick ? 5_000 : 20_000), batch: batch,
      commands: commands, pool: 16 * commands,
      sizes: sequence(first: 100) { $0 * 10 }.prefix { $0 < longest } + [longest],
      samples: quick ? 150 : 400, races: quick ? 10 : 50, racers: 1_000)
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = self.plan
    let folder = FileManager.default.temporaryDirectory
    let appendfsync = fsync.rawValue
    let outcome = try await interruptible {
      try await PrivateRedis.with(appendfsync: appendfsync, in: folder) { redis in
        try await QueueBenchmark.run(plan, on: redis)
      }
    }
    let memory = MemoryFolder.contains(folder) ? ", in a folder that is memory: set TMPDIR to a disk" : ""
    let settings = [
      "redis": "a Redis of our own, appendonly yes, appendfsync \(appendfsync)\(memory)", "runs": "\(plan.runs)",
      "callers": "\(callers)", "count": "\(plan.lives)", "commands": "\(plan.commands)", "longest": "\(longest)",
    ]
    let report = Report(
      benchmark: "queue", machine: machine, settings: settings, results: outcome.results, targets: outcome.targets,
      checks: outcome.checks, warnings: machine.warnings + outcome.warnings)
    try report.show(outcome.tables, json: json, check: check)
  }
}
