import Intake
import Logging
import ServiceLifecycle
import ServiceQueue

/// What talks to RabbitMQ: the intake, which takes requests, analyses them and forwards them to the Broker, and, where the operator
/// wants it, the publisher of what becomes of them.
struct ConsumerPart {
  private(set) var part = Part()

  init(
    _ settings: Settings, broker: any Broker, _ sealing: Foundations.Sealing, logger: Logger
  ) async throws(SettingsError) {
    let rules = try Foundations.rules(settings)
    let consumer = ConsumerActor(
      configuration: IntakeConfiguration(
        url: try Foundations.amqp(settings), prefetch: settings.intakePrefetch, batch: settings.intakeBatch),
      broker: broker, vault: sealing.vault, rules: rules, reactor: try part.reactor("usher-intake"),
      logger: logger.part("intake"))
    part.add(
      await RulesWatch(
        path: settings.intakeRulesFile, inUse: rules, logger: logger.part("intake"),
        use: { await consumer.use($0) }))
    part.add(consumer)
    part.probes.append { Readiness.rabbitmq(consumer) }
    guard settings.publishesEvents else { return }
    let publisher = EventPublisherActor(
      configuration: EventsConfiguration(url: try Foundations.amqp(settings), site: settings.site), broker: broker,
      reactor: try part.reactor("usher-events"), logger: logger.part("events"))
    part.add(publisher)
    part.probes.append { Readiness.events(publisher) }
  }
}
