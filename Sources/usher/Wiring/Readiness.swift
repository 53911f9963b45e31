import BrokerRPC
import Gateway
import Intake
import RedisBroker
import UserStore

/// Tells whether one thing that the process needs is there.
typealias Probe = @Sendable () async -> DependencyStatus

/// What the readiness probe tells, one line a dependency.
enum Readiness {
  /// Asks all at one time; in the order of the probes.
  static func statuses(_ probes: [Probe]) async -> [DependencyStatus] {
    await withTaskGroup(of: (Int, DependencyStatus).self) { group in
      for (number, probe) in probes.enumerated() { group.addTask { (number, await probe()) } }
      var statuses: [(Int, DependencyStatus)] = []
      for await status in group { statuses.append(status) }
      return statuses.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// A Redis that is silent for longer hangs, which is told long before commands time out.
  private static let patience = Duration.seconds(1)

  static func redis(_ broker: BrokerActor) async -> DependencyStatus {
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

  static func broker(_ broker: RemoteBroker) async -> DependencyStatus {
    let failure = await broker.failure()
    return DependencyStatus(name: "broker", isReady: failure == nil, detail: failure)
  }

  static func postgres(_ store: UserStoreActor) async -> DependencyStatus {
    do {
      try await store.checkHealth()
      return DependencyStatus(name: "postgres", isReady: true)
    } catch {
      return DependencyStatus(name: "postgres", isReady: false, detail: error.description)
    }
  }

  static func rabbitmq(_ consumer: ConsumerActor) -> DependencyStatus {
    let health = consumer.health()
    // That the Broker is away shows in its own line; requests then wait in RabbitMQ, which is there.
    let isReady = health.isReady || health.state == .brokerUnavailable
    return DependencyStatus(
      name: "rabbitmq", isReady: isReady, detail: isReady && health.state != .blocked ? nil : health.detail)
  }

  static func events(_ publisher: EventPublisherActor) -> DependencyStatus {
    let health = publisher.health()
    return DependencyStatus(
      name: "events", isReady: health.isReady, detail: health.state == .publishing ? nil : health.detail)
  }
}
