import Logging
import ServiceQueue
import Synchronization

/// Tells the Broker which of this node's connections watch which queue, and that the node lives. Changes are collected for a
/// moment, so that any number of connections that come at one time cost few calls; see `PresenceLedger` for the bounds.
final class PresenceKeeper: Sendable {
  /// How long changes are collected.
  static let interval = Duration.milliseconds(200)
  /// The longest wait before the Broker is tried again.
  static let longestWait = Duration.seconds(5)
  /// How long the end of the connections may be announced at a shutdown; what is not told by then, the Broker finds out.
  static let farewell = Duration.seconds(2)

  private let ledger: Mutex<PresenceLedger>
  private let broker: any Broker
  private let newName: @Sendable () -> String
  private let logger: Logger

  /// `newName` makes names for the node that nobody else has.
  init(broker: any Broker, logger: Logger, newName: @escaping @Sendable () -> String) {
    self.broker = broker
    self.logger = logger
    self.newName = newName
    ledger = Mutex(PresenceLedger(node: newName()))
  }

  /// A connection watches the queue from now on. From any task or event loop; does not wait.
  func joined(_ queue: QueueName, _ entry: PresenceEntry) {
    ledger.withLock { $0.joined(queue, entry) }
  }

  /// It does no longer. From any task or event loop; does not wait.
  func left(_ queue: QueueName, _ entry: PresenceEntry) {
    ledger.withLock { $0.left(queue, entry) }
  }

  /// Announces until cancelled, and then that all have left.
  func run() async {
    var failures = 0
    while !Task.isCancelled {
      let error = await announce { $0.next(now: .now) }
      if let error, failures == 0 {
        logger.warning("presence cannot be announced; trying on", metadata: ["error": "\(error)"])
      } else if error == nil, failures > 0 {
        logger.info("presence is announced again")
      }
      failures = error == nil ? 0 : failures + 1
      try? await Task.sleep(for: Self.wait(after: failures))
    }
    let end = ContinuousClock.now + Self.farewell
    ledger.withLock { $0.allLeft() }
    _ = await announce { $0.hasNews && .now < end ? $0.next(now: .now) : nil }
  }

  /// The wait after so many failures in a row: doubling, and a quarter of it left to chance.
  static func wait(after failures: Int) -> Duration {
    let doubled = min(interval * (1 << min(failures, 10)), longestWait)
    return failures == 0 ? interval : doubled * Double.random(in: 0.75...1)
  }

  /// Announces what `next` gives, one after another, until it gives nothing; answers what went wrong.
  private func announce(_ next: (inout PresenceLedger) -> PresenceAnnouncement?) async -> BrokerError? {
    while let announcement = ledger.withLock({ next(&$0) }) {
      do throws(BrokerError) {
        guard try await broker.announce(announcement) else {
          logger.notice("the Broker does not know this node; it announces everything again")
          ledger.withLock { $0.forgotten(renamed: newName()) }
          // The next turn goes on: never without a pause in between.
          return nil
        }
        ledger.withLock { $0.answered() }
      } catch {
        return error
      }
    }
    return nil
  }
}
