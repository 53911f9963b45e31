import ArgumentParser
import Foundation
import Glibc
import ServiceQueue

extension LoadPlan.Door: ExpressibleByArgument {}

/// `usher-bench load`: producers, employees and viewers at a running server.
struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load a running server with producers, employees and viewers, and check that nothing is lost.",
    discussion: """
      Open loop: everything has its moment, whether or not the server keeps up, and latencies count from that moment. Where the \
      server is and who may use it comes from USHER_HTTP_LISTEN, USHER_AMQP_URL and USHER_DEMO_{ADMIN,SUPERVISOR,AGENT,VIEWER}_PASSWORD, in \
      the environment or in the file env of the state folder of ops/run. The queue is made if it is missing, must be empty, and is \
      emptied at the end. Exits with 1 when something was lost or a screen was wrong.
      """)

  @Option(help: "HOST:PORT of the server. Default: USHER_HTTP_LISTEN.") var address: String?
  @Option(help: "The state folder of ops/run. Default: USHER_STATE_DIR, or .usher.") var state: String?
  @Flag(help: "Allow a server that is not on this machine.") var allowRemote = false
  @Option(help: "The server's process, whose CPU time and memory are watched. Default: as the state folder says.")
  var serverPid: Int32?
  @Option(help: "The user that employees are.") var agent = "agent"
  @Option(help: "The user that viewers are.") var viewer = "viewer"
  @Option(help: "The user that asks what became of requests.") var supervisor = "supervisor"
  @Option(help: "The user that makes the queue if it is missing.") var admin = "admin"
  @Option(help: "The queue, which nobody else uses meanwhile.") var queue = "load"
  @Option(help: "Connections to RabbitMQ that publish, 1 to 64.") var producers = 2
  @Option(help: "Requests a second, of all producers.") var rate = 100.0
  @Option(help: "Employees, each with a connection, 1 to 1,000.") var employees = 20
  @Option(help: "Calls of claim-next a second, of all employees. Default: a tenth more than requests.") var claims:
    Double?
  @Option(help: "How employees give commands: both, rest, websocket.") var commands = LoadPlan.Door.both
  @Option(help: "Seconds that an employee takes for a service on average, 0 to 10.") var handling = 0.5
  @Option(help: "Viewers, each with a WebSocket, 1 to 2,000; one user may have 50 unless the server is told otherwise.")
  var viewers = 20
  @Option(help: "Seconds that are measured, 1 to 600.") var duration = 60.0
  @Option(help: "Seconds before, 0 to 120.") var warmUp = 5.0
  @Option(help: "The seed of what is due when.") var seed: UInt64 = 1
  @Option(help: "A file for the report as JSON.") var json: String?
  @Option(help: "A file to draw latencies and rates in, as SVG.") var svg: String?

  private func plan() throws -> LoadPlan {
    guard let name = QueueName(queue) else { throw ValidationError("'\(queue)' is not the name of a queue") }
    let plan = LoadPlan(
      queue: name, producers: producers, employees: employees, viewers: viewers, door: commands, requestRate: rate,
      claimRate: claims ?? rate * 1.1, handling: handling, warmUp: warmUp, seconds: duration, seed: seed)
    if let problem = plan.problem { throw ValidationError(problem) }
    return plan
  }

  func validate() throws { _ = try plan() }

  func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    let machine = Machine.now()
    let plan = try self.plan()
    let users: [LoadRole: String] = [.admin: admin, .supervisor: supervisor, .agent: agent, .viewer: viewer]
    let (address, process, state, allowRemote) = (self.address, serverPid, self.state, self.allowRemote)
    let (results, target) = try await interruptible { () -> (LoadResults, LoadTarget) in
      let target = try await Interrupt.thread { _ in
        try LoadTarget.find(
          address: address, users: users, process: process, state: state, allowsRemote: allowRemote)
      }
      return (try await LoadBenchmark(plan: plan, target: target).run(), target)
    }
    let report = Report(
      benchmark: "load", machine: machine,
      settings: [
        "server": target.http.text, "requests": "\(Drawing.number(rate))/s of \(producers) producers",
        "claims": "\(Drawing.number(plan.claimRate))/s of \(employees) employees, by \(commands.rawValue)",
        "handling": "\(Drawing.number(handling)) s", "viewers": "\(viewers)",
        "seconds": "\(Drawing.number(duration)) after \(Drawing.number(warmUp))", "seed": "\(seed)",
      ], results: results, targets: [], checks: results.checks, warnings: machine.warnings)
    if let svg { try Data(results.svg.utf8).write(to: URL(filePath: svg)) }
    if let json { try Data((try report.json() + "\n").utf8).write(to: URL(filePath: json)) }
    try report.show(results.tables, json: false, check: false)
    for failure in results.failures { print("WRONG: \(failure)") }
    if !results.failures.isEmpty { throw ExitCode(1) }
  }
}
