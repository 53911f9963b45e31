import ArgumentParser
import Foundation
import Glibc
import RedisBroker

/// `usher-bench queue`: the Broker over a real Redis.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract:
      "Measure submitting, handling, snapshots and moves through the Broker, and check that nothing went wrong.",
    discussion: """
      Starts a Redis of its own on a free port of the loopback interface, its data in a temporary folder (TMPDIR), and ends \
      it afterwards. With --redis-url it uses that one, under a site of its own whose keys stay there.
      """)

  /// What Redis does before it answers, in the words of its own setting.
  enum Fsync: String, ExpressibleByArgument, CaseIterable {
    case always, everysec, no
  }

  @Option(help: "A running Redis on this machine, instead of one of our own.") var redisURL: String?
  @Option(help: "Services submitted and handled, 500 to 200,000; also how many moves.") var count = 20_000
  @Option(help: "Concurrent callers, 1 to 1,024.") var callers = 64
  @Option(help: "Services in one batch of submissions, 1 to 500.") var batch = 100
  @Option(help: "appendfsync of our own Redis. Default: always.") var fsync: Fsync?
  @Option(help: "Runs, of which the median is shown, 1 to 15.") var runs = 3
  @Flag(help: "Print JSON with every run instead of a table.") var json = false

  func validate() throws {
    guard (500...200_000).contains(count) else { throw ValidationError("--count takes 500 to 200000") }
    guard (1...1_024).contains(callers) else { throw ValidationError("--callers takes 1 to 1024") }
    guard (1...500).contains(batch) else { throw ValidationError("--batch takes 1 to 500") }
    guard (1...15).contains(runs) else { throw ValidationError("--runs takes 1 to 15") }
    if redisURL != nil, fsync != nil {
      throw ValidationError("--fsync is for a Redis of our own; the one at --redis-url has its own setting")
    }
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = QueueBenchmark.Plan(count: count, callers: callers, batch: batch, runs: runs)
    let outcome: QueueBenchmark.Outcome
    let store: String
    if let redisURL {
      let url = try RedisURL(redisURL)
      guard Loopback.contains(url) else {
        throw BenchError("--redis-url must be on this machine: 127.0.0.1, [::1], localhost or unix:///path")
      }
      outcome = try await interruptible { try await QueueBenchmark.run(plan, on: url) }
      store = "a Redis that was running; keys left there: usher:{\(outcome.site)}:*"
    } else {
      let fsync = fsync ?? .always
      let folder = FileManager.default.temporaryDirectory
      outcome = try await interruptible {
        try await PrivateRedis.with(appendfsync: fsync.rawValue, in: folder) { url in
          try await QueueBenchmark.run(plan, on: url)
        }
      }
      let memory = MemoryFolder.contains(folder) ? ", in a folder that is memory: set TMPDIR to a disk" : ""
      store = "a Redis of our own, appendonly yes, appendfsync \(fsync.rawValue)\(memory)"
    }
    let settings = [
      "redis": store, "count": "\(count)", "callers": "\(callers)", "batch": "\(batch)", "runs": "\(runs)",
    ]
    let report = Report(
      benchmark: "queue", machine: machine, settings: settings, results: outcome.results, checks: outcome.checks,
      warnings: machine.warnings + outcome.warnings)
    print(json ? try report.json() : report.text(QueueTable.rows(outcome.results)))
  }
}
