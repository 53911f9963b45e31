import ArgumentParser
import Foundation
import Glibc
import Intake
import ServiceQueue

/// `usher publish`: sample requests through RabbitMQ, to try an installation out.
struct PublishCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish", abstract: "Publish sample requests, confirmed by RabbitMQ.")

  @Option(help: "How many, 1 to 10,000,000.") var count = 100
  @Option(name: .customLong("queue"), help: "The queue; may be given several times. Default: those of USHER_QUEUES.")
  var queues: [String] = []
  @Option(help: "At most so many a second. Default: as fast as RabbitMQ takes them.") var rate: Double?

  func validate() throws {
    guard (1...10_000_000).contains(count) else { throw ValidationError("--count takes 1 to 10000000") }
    if let rate, !(rate > 0 && rate.isFinite) { throw ValidationError("--rate takes a number above 0") }
  }

  func run() async throws {
    let settings = try Settings.load(environment: ProcessInfo.processInfo.environment, needing: [.amqpURL])
    let named = try queues.map { name in
      guard let queue = QueueName(name) else { throw ValidationError("'\(name)' is not a queue name") }
      return queue
    }
    let targets = named.isEmpty ? settings.queues : named
    guard !targets.isEmpty else { throw ValidationError("no queue: give --queue or set USHER_QUEUES") }
    signal(SIGPIPE, SIG_IGN)
    let bar = ProgressBar(total: count, isTerminal: isatty(2) == 1)
    let report = try await SamplePublisher(url: try Foundations.amqp(settings))
      .publish(count: count, queues: targets, rate: rate) { bar.show($0) }
    bar.end()
    let seconds = Double(report.duration.components.seconds) + Double(report.duration.components.attoseconds) / 1e18
    print(
      "\(report.confirmed) requests confirmed in \(String(format: "%.2f", seconds)) s, \(Int(report.rate)) a second")
  }
}

/// A line on standard error that fills up. Says nothing where standard error is not a terminal.
struct ProgressBar: Sendable {
  let total: Int
  let isTerminal: Bool
  private static let width = 40

  func show(_ done: Int) {
    guard isTerminal else { return }
    FileHandle.standardError.write(Data("\r\(line(done))".utf8))
  }

  func end() {
    guard isTerminal else { return }
    FileHandle.standardError.write(Data("\n".utf8))
  }

  /// `[####....]  50% 5000/10000`.
  func line(_ done: Int) -> String {
    let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
    let full = Int(share * Double(Self.width))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: Self.width - full)
    let percent = String(Int(share * 100))
    return "[\(bar)] \(String(repeating: " ", count: 3 - percent.count))\(percent)% \(done)/\(total)"
  }
}
