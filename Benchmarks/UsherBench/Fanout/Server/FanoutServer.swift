import CoreMetrics
import FieldEncryption
import Foundation
import Gateway
import Logging
import Reactor
import RedisBroker
import ServiceQueue
import Telemetry
import UserStore

/// The Gateway as it is in the server, over a Broker and users in memory: what `usher-bench fanout` measures, in a process of
/// its own. It says `ready HTTP ADMIN` on the standard output, the ports, and obeys `Orders` from the standard input.
enum FanoutServer {
  /// The environment variable with the URL of the Redis.
  static let redisVariable = "USHER_BENCH_REDIS_URL"
  /// The environment variable with the URL of the RabbitMQ, if the events are to come from there.
  static let rabbitVariable = "USHER_BENCH_AMQP_URL"

  /// Ends with the standard input, which is closed when the benchmark ends, however that happens. With `redisSite` over the
  /// real Broker.
  static func run(users: Int, redisSite: String?) async throws {
    let registry = MetricsRegistry()
    MetricsSystem.bootstrap(registry)
    guard let redisSite else {
      let broker = try SyntheticBroker()
      return try await gateway(over: broker, broker, users: users, registry).run()
    }
    let environment = ProcessInfo.processInfo.environment
    guard let text = environment[redisVariable], let queue = QueueName(BenchEvent.queueName)
    else { throw BenchError("\(redisVariable) is not set") }
    let reactor = try Reactor(name: "bench-broker")
    let configuration = try BrokerConfiguration(redisURL: try RedisURL(text), site: redisSite, queues: [queue])
    let broker = BrokerActor(configuration: configuration, reactor: reactor, logger: logger)
    let events = RedisEvents(broker, queue)
    let published = try environment[rabbitVariable].map { try PublishedEvents(broker, url: $0) }
    let gateway = try gateway(over: broker, published ?? events, users: users, registry)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await broker.run() }
      group.addTask { if let published { try await published.run() } else { try await events.run() } }
      group.addTask { try await gateway.run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static var logger: Logger {
    var logger = Logger(label: "usher.bench") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .warning
    return logger
  }

  private static func gateway(
    over broker: any Broker, _ events: any EventSource, users: Int, _ registry: MetricsRegistry
  ) throws -> Gateway {
    let accounts = try CountedAccounts(users: users)
    let free = GatewayConfiguration.Address(host: "127.0.0.1", port: 0)
    let orders = Orders(events: events, accounts: accounts)
    return Gateway(
      configuration: GatewayConfiguration(http: free, admin: free, site: "bench"), broker: broker,
      stores: GatewayStores(accounts: accounts),
      vault: try FieldVault(keyset: try Keyset.generate()), health: { [] },
      metricsText: { registry.prometheusText() }, logger: logger,
      onRunning: { http, admin in
        Orders.answer("ready \(http) \(admin)")
        Thread.detachNewThread { orders.obey() }
      })
  }
}
