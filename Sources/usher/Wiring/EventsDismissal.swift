import Logging
import RedisBroker
import ServiceLifecycle
import ServiceQueue

/// Ends the enrolment of the outbox's reader `events` where nobody has read for it for a while, so that nothing is kept for ever. Looks from
/// time to time: at its start a server that published, or one that publishes and is being replaced, may have read just before.
struct EventsDismissal: ServiceLifecycle.Service {
  let broker: BrokerActor
  let logger: Logger

  /// Longer than a roll-out takes to replace one server by the next.
  static let idleTime = Duration.seconds(600)
  private static let interval = Duration.seconds(60)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do throws(BrokerError) {
          if try await broker.dismissEventsReader(idleFor: Self.idleTime) {
            logger.warning(
              "Nobody publishes events any more: what was kept for that is forgotten",
              metadata: ["idle_s": "\(Self.idleTime.components.seconds)"])
          }
        } catch {
          logger.debug("Cannot look for who publishes", metadata: ["error": "\(error)"])
        }
        try? await Task.sleep(for: Self.interval)
      }
    }
  }
}
