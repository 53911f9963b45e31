import Logging
import Reactor
import RedisBroker

/// A Broker for one command, beside those of the servers.
enum BrokerAccess {
  /// Runs `body` with a Broker that connects to Redis, and ends it afterwards, whatever happens. It makes no queues of its own,
  /// and has ended before it would look for overdue leases, unless the command takes a minute.
  static func withBroker<Result: Sendable>(
    _ settings: Settings, _ logger: Logger, _ body: @Sendable (BrokerActor) async throws -> Result
  ) async throws -> Result {
    let reactor = try Foundations.reactor("usher-broker")
    let broker = BrokerActor(configuration: try Foundations.visitor(settings), reactor: reactor, logger: logger)
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await broker.run() }
          // Ends the Broker, and waits for its end, when the body is done or has failed.
          defer { group.cancelAll() }
          return try await body(broker)
        })
    } catch {
      outcome = .failure(error)
    }
    await reactor.shutdown()
    return try outcome.get()
  }
}
