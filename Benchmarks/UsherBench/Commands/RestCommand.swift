import ArgumentParser
import Foundation
import Glibc

/// `usher-bench rest`: the REST API over a real PostgreSQL.
struct RestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rest",
    abstract: "Measure GET /v1/users/{id} beside a program in Go that does the same.",
    discussion: """
      Starts a PostgreSQL of its own on a free port of the loopback interface, its data in a temporary folder (TMPDIR), and \
      ends it afterwards. Needs postgresql, wrk, golang-go and golang-github-lib-pq-dev.
      """)

  @Option(help: "Runs, of which the median is shown, 1 to 15. Default: 5, with --quick 1.") var runs: Int?
  @Option(help: "Connections, 1 to 1,024.") var connections = 64
  @Option(help: "Seconds a run, 1 to 120. Default: 8, with --quick 3.") var seconds: Int?
  @Flag(help: "A look in under 30 seconds.") var quick = false
  @Flag(help: "Print JSON with every run instead of tables.") var json = false
  @Flag(help: "Exit with 1 when a target is missed.") var check = false

  func validate() throws {
    guard (1...15).contains(runs ?? 1) else { throw ValidationError("--runs takes 1 to 15") }
    guard (1...1_024).contains(connections) else { throw ValidationError("--connections takes 1 to 1024") }
    guard (1...120).contains(seconds ?? 1) else { throw ValidationError("--seconds takes 1 to 120") }
  }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = RestPlan(
      runs: runs ?? (quick ? 1 : 5), connections: connections, users: 64, warmUp: quick ? 1 : 2,
      seconds: seconds ?? (quick ? 3 : 8))
    let parent = FileManager.default.temporaryDirectory
    let results = try await interruptible {
      try await ScratchFolder.with(in: parent) { folder in
        try await PrivatePostgres.with(in: parent) { postgres in
          try await RestBenchmark(plan: plan, folder: folder).run(on: postgres)
        }
      }
    }
    let settings = [
      "runs": "\(plan.runs) of \(plan.seconds) s, by turns", "clients": "wrk -t1 -c\(plan.connections)",
      "users": "\(plan.users), asked for one after another",
    ]
    let report = Report(
      benchmark: "rest", machine: machine, settings: settings, results: results, targets: results.targets,
      checks: results.checks, warnings: machine.warnings)
    try report.show([results.table], json: json, check: check)
  }
}

/// The server that `rest` measures.
struct RestServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rest-server", abstract: "Be the Gateway that rest measures.", shouldDisplay: false)

  func run() async throws { try await RestServer.run() }
}
