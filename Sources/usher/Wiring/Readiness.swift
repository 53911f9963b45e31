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

  /// A Redis that is silent for longer hangs, which is told long before commands time out.
  private static let patience = Duration.seconds(1)

  private static func redis(_ broker: BrokerActor) async -> DependencyStatus {
    let health = await broker.health()
    guard health.isConnected else {
      return DependencyStatus(name: "redis", isReady: false, detail: health.lastFailure ?? "not connected")
    }
    if let silence = health.silence, silence > patience {
      return DependencyStatus(name: "redis", isReady: false, detail: "no answer for \(silence.components.seconds) s")
    }
    let detail = health.warnings.joined(separator: "; ")
    return DependencyStatus(name: "redis", isReady: true, detail: detail.isEmpty ? nil : detail)
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
