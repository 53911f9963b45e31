import Gateway
import Intake
import RedisBroker
import UserStore

/// What the readiness probe tells, one line a dependency.
enum Readiness {
  static func statuses(broker: BrokerActor, store: UserStoreActor, consumer: ConsumerActor) async -> [DependencyStatus]
  {
    async let redis = redis(broker)
    async let postgres = postgres(store)
    return await [redis, postgres, rabbitmq(consumer)]
  }

  private static func redis(_ broker: BrokerActor) async -> DependencyStatus {
    let health = await broker.health()
    let detail = health.isConnected ? health.warnings.joined(separator: "; ") : health.lastFailure ?? "not connected"
    return DependencyStatus(name: "redis", isReady: health.isConnected, detail: detail.isEmpty ? nil : detail)
  }

  private static func postgres(_ store: UserStoreActor) async -> DependencyStatus {
    do {
      try await store.checkHealth()
      return DependencyStatus(name: "postgres", isReady: true)
    } catch {
      return DependencyStatus(name: "postgres", isReady: false, detail: error.description)
    }
  }

  private static func rabbitmq(_ consumer: ConsumerActor) -> DependencyStatus {
    let health = consumer.health()
    // That the Broker is away shows in its own line; requests then wait in RabbitMQ, which is there.
    let isReady = health.isReady || health.state == .brokerUnavailable
    return DependencyStatus(name: "rabbitmq", isReady: isReady, detail: isReady ? nil : health.detail)
  }
}
