import Logging
import Reactor
import ServiceLifecycle
import ServiceQueue
import UserStore

/// Once at the start, when Redis and PostgreSQL both answer: is Redis as new as the history?
///
/// Each queue's recorded version is told to the Broker, which gives a queue that is behind a new epoch, so that every client
/// starts again. What Redis has lost is told in the log, with `usher repair`; nothing is repaired unasked.
struct ContinuityCheck: ServiceLifecycle.Service {
  let broker: any Broker
  let history: UserStoreActor
  let logger: Logger
  var policy = Backoff(base: .milliseconds(250), limit: .seconds(10))

  /// What is to be told of one queue. Pure.
  struct Finding: Equatable {
    let queue: QueueName
    /// Redis' version was lower than the recorded one of the same epoch.
    var isBehind = false
    /// Open services of the history that Redis lacks, or has as they were before.
    var lost = 0
    /// Those that it has in another queue.
    var elsewhere = 0

    /// Nil when there is nothing to tell.
    var warning: String? {
      guard isBehind || lost > 0 || elsewhere > 0 else { return nil }
      let what = isBehind ? "Redis is older than the history" : "Redis lacks services that the history has"
      return "\(what): run usher repair (first with --dry-run, to see what it would do)"
    }
  }

  /// Tries until it has looked, or until shutdown; then returns, which must not end the server.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      var attempt = 0
      while !Task.isCancelled {
        do {
          for finding in try await findings() { tell(finding) }
          return
        } catch {
          logger.debug("the history and Redis are not compared yet", metadata: ["error": "\(error)"])
        }
        let delay = policy.delay(attempt: attempt, chance: .random(in: 0..<1))
        attempt += 1
        do { try await Task.sleep(for: delay) } catch { return }
      }
    }
  }

  /// What is to be told, by queue.
  func findings() async throws -> [Finding] {
    var epochs: [QueueName: Epoch] = [:]
    var findings: [QueueName: Finding] = [:]
    for summary in try await broker.queues() {
      epochs[summary.queue] = summary.epoch
      guard let version = try await history.recordedVersion(of: summary.queue, in: summary.epoch) else { continue }
      if try await broker.assure(summary.queue, seen: version, in: summary.epoch) {
        // Before that it had the epoch in which it fell behind: every open service is looked for.
        epochs[summary.queue] = nil
        findings[summary.queue] = Finding(queue: summary.queue, isBehind: true)
      }
    }
    let others = try await history.openServiceCounts().filter { $0.epoch != epochs[$0.queue] }.map(\.queue)
    for queue in Set(others) {
      let lost = try await Repair(broker: broker, history: history).countLost(of: queue, outside: epochs[queue])
      var finding = findings[queue] ?? Finding(queue: queue)
      finding.lost = lost.restored
      finding.elsewhere = lost.refused.values.reduce(0, +)
      findings[queue] = finding
    }
    return findings.values.filter { $0.warning != nil }.sorted { $0.queue < $1.queue }
  }

  private func tell(_ finding: Finding) {
    guard let warning = finding.warning else { return }
    logger.warning(
      "\(warning)",
      metadata: [
        "queue": "\(finding.queue)", "lost": "\(finding.lost)", "elsewhere": "\(finding.elsewhere)",
        "behind": "\(finding.isBehind)",
      ])
  }
}
