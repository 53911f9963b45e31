import ArgumentParser
import CFanout
import Foundation
import Glibc

extension FanoutPlan.Part: ExpressibleByArgument {}

/// `usher-bench fanout`: the Gateway's live delivery.
struct FanoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout",
    abstract: "Measure what a delivery to many WebSockets costs, beside a bare server in C, and what connections cost.",
    discussion: """
      The Gateway runs in a process of its own, over queues and users in memory, on a free port of the loopback interface.
      """)

  @Argument(help: "What to measure: steady, flood, memory, storm. Default: all, one after another.")
  var parts: [FanoutPlan.Part] = []
  @Option(help: "Runs, of which the median is shown, 1 to 15. Default: 3, with --quick 1.") var runs: Int?
  @Option(help: "Sockets of the steady load and of the first flood, 10 to 20,000.") var sockets = 1_000
  @Option(help: "Sockets of the other parts, 100 to 20,000. Default: 5,000, with --quick 2,000.") var many: Int?
  @Option(help: "Events a second of the steady load, 1 to 10,000.") var rate = 130
  @Option(help: "Seconds that a steady load is measured, 1 to 300. Default: 10, with --quick 4.") var seconds: Double?
  @Option(help: "Events under way in a flood to --sockets sockets, 64 to 4,096. Default: 512, with --quick 256.")
  var window: Int?
  @Option(help: "A file to draw the latencies of the steady load in, as SVG.") var plot: String?
  @Flag(help: "Measure the steady load also over the real Broker and a Redis of its own; needs redis-server.")
  var redis = false
  @Flag(help: "A look in under 40 seconds: fewer runs, seconds and sockets.") var quick = false
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (1...15).contains(runs ?? 1) else { throw ValidationError("--runs takes 1 to 15") }
    guard (10...20_000).contains(sockets) else { throw ValidationError("--sockets takes 10 to 20000") }
    guard (100...20_000).contains(many ?? 100) else { throw ValidationError("--many takes 100 to 20000") }
    guard (1...10_000).contains(rate) else { throw ValidationError("--rate takes 1 to 10000") }
    guard (1...300).contains(seconds ?? 1) else { throw ValidationError("--seconds takes 1 to 300") }
    guard (64...4_096).contains(window ?? 64) else { throw ValidationError("--window takes 64 to 4096") }
    guard plot == nil || plan.parts.contains(.steady) else {
      throw ValidationError("--plot draws what steady measures")
    }
  }

  private var plan: FanoutPlan {
    FanoutPlan(
      parts: parts.isEmpty ? FanoutPlan.Part.allCases : parts, runs: runs ?? (quick ? 1 : 3), sockets: sockets,
      many: many ?? (quick ? 2_000 : 5_000), rate: rate, warmUp: quick ? 1 : 2,
      steadySeconds: seconds ?? (quick ? 4 : 10), floodSeconds: quick ? 2 : 5, idleSeconds: quick ? 3 : 50,
      window: window ?? (quick ? 256 : 512))
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = self.plan
    let redis = self.redis
    let results = try await interruptible {
      guard redis else { return try await Interrupt.thread { try FanoutBenchmark.run(plan, $0) } }
      let folder = FileManager.default.temporaryDirectory
      return try await PrivateRedis.with(appendfsync: "always", in: folder) { redis in
        var plan = plan
        plan.redisURL = "redis://:\(redis.password)@127.0.0.1:\(redis.port)/0"
        return try await Interrupt.thread { [plan] in try FanoutBenchmark.run(plan, $0) }
      }
    }
    if let plot, let steady = results.steady {
      try Data(steady.plot.svg.utf8).write(to: URL(filePath: plot))
    }
    let settings = [
      "runs": "\(plan.runs)", "sockets": "\(plan.sockets) and \(plan.many)",
      "event": "\(BenchEvent.size) bytes of data in a publication",
    ]
    let report = Report(
      benchmark: "fanout", machine: machine, settings: settings, results: results, targets: results.targets,
      checks: results.checks, warnings: machine.warnings)
    try report.show(results.tables, json: json, check: check)
  }
}

/// The server that `fanout` measures.
struct FanoutServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout-server", abstract: "Be the Gateway that fanout measures.", shouldDisplay: false)

  @Option(help: "Users that can sign in.") var users: Int
  @Option(help: "The site in the Redis that the environment names; without it nothing is stored.") var redisSite:
    String?

  func run() async throws { try await FanoutServer.run(users: users, redisSite: redisSite) }
}

/// The server that `fanout` measures beside it.
struct FanoutFloorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fanout-floor", abstract: "Be the bare server that fanout measures.", shouldDisplay: false)

  @Option(help: "An event, as a client of the Gateway gets it.") var event: String
  @Option(help: "Sockets at most.") var sockets: UInt32
  @Option(help: "Events that a socket may be behind.") var window: UInt32

  func run() throws {
    let error = cfanout_floor(STDIN_FILENO, STDOUT_FILENO, event, BenchEvent.firstVersion, sockets, window)
    guard error == 0 else { throw BenchError("the bare server failed: \(String(cString: strerror(error)))") }
  }
}
