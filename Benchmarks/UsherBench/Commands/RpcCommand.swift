import ArgumentParser
import Foundation
import Glibc

/// `usher-bench rpc`: the Broker behind gRPC, beside the one in the same process.
struct RpcCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpc",
    abstract: "Measure commands and submissions through gRPC on loopback, beside those in the same process.",
    discussion: """
      Starts a Redis of its own on a free port of the loopback interface, its data in a temporary folder (TMPDIR), and ends \
      it afterwards. Server and client of gRPC are both in this process, over a socket, without TLS.
      """)

  @Option(help: "appendfsync of the Redis.") var fsync = QueueCommand.Fsync.always
  @Option(help: "Runs, of which the median is shown, 1 to 15.") var runs = 3
  @Option(help: "Concurrent callers, 1 to 1,024.") var callers = 64
  @Option(help: "Commands in a run, 640 to 200,000.") var count = 20_000
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (1...15).contains(runs) else { throw ValidationError("--runs takes 1 to 15") }
    guard (1...1_024).contains(callers) else { throw ValidationError("--callers takes 1 to 1024") }
    guard (640...200_000).contains(count) else { throw ValidationError("--count takes 640 to 200000") }
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let benchmark = RpcBenchmark(callers: callers, runs: runs, count: count)
    let (folder, appendfsync) = (FileManager.default.temporaryDirectory, fsync.rawValue)
    let results = try await interruptible {
      try await PrivateRedis.with(appendfsync: appendfsync, in: folder) { redis in try await benchmark.run(on: redis) }
    }
    let report = Report(
      benchmark: "rpc", machine: machine,
      settings: [
        "redis": "a Redis of our own, appendonly yes, appendfsync \(appendfsync)", "runs": "\(runs)",
        "callers": "\(callers)", "count": "\(count)",
      ], results: results, targets: results.targets, checks: [], warnings: machine.warnings)
    try report.show([results.table], json: json, check: check)
  }
}
