import ArgumentParser
import Foundation
import Glibc

extension IntakePlan.Part: ExpressibleByArgument {}

/// `usher-bench intake`: from RabbitMQ to Redis and to the screen.
struct IntakeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "intake",
    abstract: "Measure the intake from RabbitMQ into Redis beside programs in Go, and from publishing to the screen.",
    discussion: """
      Starts a RabbitMQ and a Redis of its own on free ports of the loopback interface, their data in temporary folders (TMPDIR), \
      and ends them afterwards. Needs rabbitmq-server, redis-server, golang-go, golang-github-rabbitmq-amqp091-go-dev and \
      golang-github-gomodule-redigo-dev.
      """)

  /// What came out.
  struct Results: Sendable, Encodable {
    var drain: DrainMeasurement.Results?
    var screen: ScreenMeasurement.Results?
  }

  @Argument(help: "What to measure: drain, screen. Default: both, one after the other.") var parts: [IntakePlan.Part] =
    []
  @Option(help: "Runs, of which the median is shown, 1 to 15. Default: 3, with --quick 1.") var runs: Int?
  @Option(help: "Requests of a drain, 1,000 to 1,000,000. Default: 200,000, with --quick 20,000.") var requests: Int?
  @Option(help: "Requests under way without an acknowledgement, 1 to 10,000.") var prefetch = 500
  @Option(help: "Requests a second to the screen, 1 to 5,000.") var rate = 1_000
  @Option(help: "Seconds that the way to the screen is measured, 1 to 120. Default: 10, with --quick 4.") var seconds:
    Double?
  @Flag(help: "A look: fewer runs and requests.") var quick = false
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (1...15).contains(runs ?? 1) else { throw ValidationError("--runs takes 1 to 15") }
    guard (1_000...1_000_000).contains(requests ?? 1_000) else {
      throw ValidationError("--requests takes 1000 to 1000000")
    }
    guard (1...10_000).contains(prefetch) else { throw ValidationError("--prefetch takes 1 to 10000") }
    guard (1...5_000).contains(rate) else { throw ValidationError("--rate takes 1 to 5000") }
    guard (1...120).contains(seconds ?? 1) else { throw ValidationError("--seconds takes 1 to 120") }
  }

  private var plan: IntakePlan {
    IntakePlan(
      parts: parts.isEmpty ? IntakePlan.Part.allCases : parts, runs: runs ?? (quick ? 1 : 3),
      requests: requests ?? (quick ? 20_000 : 200_000), commands: quick ? 12_800 : 64_000, prefetch: prefetch,
      rate: rate,
      seconds: seconds ?? (quick ? 4 : 10), warmUp: quick ? 1 : 2)
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = self.plan
    let parent = FileManager.default.temporaryDirectory
    let results = try await interruptible {
      try await ScratchFolder.with(in: parent) { folder in
        try await PrivateRedis.with(appendfsync: "always", in: parent) { redis in
          try await PrivateRabbitMQ.with(in: parent) { try await Self.measure(plan, redis, $0, folder) }
        }
      }
    }
    let settings = [
      "runs": "\(plan.runs), by turns", "prefetch": "\(plan.prefetch)",
      "redis": "a Redis of our own, appendonly yes, appendfsync always",
    ]
    let report = Report(
      benchmark: "intake", machine: machine, settings: settings, results: results,
      targets: (results.drain?.targets ?? []) + (results.screen?.targets ?? []),
      checks: (results.drain?.checks ?? []) + (results.screen?.checks ?? []), warnings: machine.warnings)
    try report.show([results.drain?.table, results.screen?.table].compactMap(\.self), json: json, check: check)
  }

  private static func measure(
    _ plan: IntakePlan, _ redis: PrivateRedis, _ rabbit: PrivateRabbitMQ, _ folder: URL
  ) async throws -> Results {
    var results = Results()
    for part in plan.parts {
      switch part {
      case .drain:
        results.drain = try await DrainMeasurement(plan: plan, redis: redis, rabbit: rabbit, folder: folder).measure()
      case .screen:
        try await redis.ask([["FLUSHALL"]])
        let screen = ScreenMeasurement(
          plan: plan, redisURL: "redis://:\(redis.password)@127.0.0.1:\(redis.port)/0", rabbit: rabbit.text)
        results.screen = try await Interrupt.thread { try screen.measure($0) }
      }
    }
    return results
  }
}
