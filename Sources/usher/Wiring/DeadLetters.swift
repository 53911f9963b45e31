import Intake
import Logging

/// What looks after the dead letters, in a server that has RabbitMQ.
struct DeadLetterParts {
  let letters: DeadLetterActor
  let gauge: DeadLetterGauge

  /// Nil where no RabbitMQ is named; throws `SettingsError` where its URL is none.
  init?(_ settings: Settings, logger: Logger) throws(SettingsError) {
    guard settings.amqpURL != nil else { return nil }
    letters = DeadLetterActor(url: try Foundations.amqp(settings), logger: logger)
    gauge = DeadLetterGauge(letters)
  }
}
