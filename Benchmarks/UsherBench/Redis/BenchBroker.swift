import Logging
import Reactor
import RedisBroker

/// The Broker that is measured, on a Redis of our own, on a thread of its own.
enum BenchBroker {
  /// The site's name, which is in Redis' keys.
  static let site = "bench"

  /// Runs it, gives it to `body`, and ends it whatever happens.
  static func with<Value: Sendable>(
    on redis: PrivateRedis, _ body: (BrokerActor) async throws -> Value
  ) async throws -> Value {
    let reactor = try Reactor(name: "bench-broker")
    let configuration = try BrokerConfiguration(redisURL: redis.url, site: site, commandTimeout: .seconds(10))
    var logger = Logger(label: "usher-bench")
    logger.logLevel = .critical
    let broker = BrokerActor(configuration: configuration, reactor: reactor, logger: logger)
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await broker.run() }
      let result: Result<Value, any Error>
      do { result = .success(try await body(broker)) } catch { result = .failure(error) }
      group.cancelAll()
      return result
    }
    await reactor.shutdown()
    return try result.get()
  }
}
