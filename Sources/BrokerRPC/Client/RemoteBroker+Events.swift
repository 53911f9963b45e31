import GRPCCore
import Logging
public import ServiceQueue

extension RemoteBroker {
  /// All events from now on; see `Broker`. Begins with a `.reset(nil)` once there is a connection, and has one after each that broke.
  public func subscribe() async -> EventSubscription { events.subscribe() }

  private static let shortestPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(2)

  /// Follows the Broker's events, and begins anew when the stream breaks, until cancelled.
  func followEvents() async {
    await events.wanted()
    var pause = Self.shortestPause
    while !Task.isCancelled {
      let began = ContinuousClock.now
      metrics.opens(.events)
      do {
        try await calls.subscribe(WireSubscribeRequest(), options: options(timeout: nil)) { response in
          // The first message of each stream is a reset of every queue.
          for try await message in response.messages { self.events.send(self.batch(of: message)) }
        }
      } catch {
        logger.debug("The stream of events broke", metadata: ["error": "\(error)"])
      }
      pause = ContinuousClock.now - began > Self.longestPause ? Self.shortestPause : min(pause * 2, Self.longestPause)
      try? await Task.sleep(for: pause)
    }
  }

  /// What a newer broker tells and this version does not understand is a gap: whoever shows the queue looks at it anew.
  private func batch(of message: WireEventBatch) -> EventBatch {
    do throws(Unreadable) {
      return try message.domain()
    } catch {
      logger.error("The broker tells an event that is not understood", metadata: ["error": "\(error)"])
      return .reset(nil)
    }
  }
}
