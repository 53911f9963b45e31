import Metrics
public import ServiceLifecycle

/// Keeps the metric `usher_dead_letters`: asks now and then how many there are. While RabbitMQ is away it keeps its last value.
public struct DeadLetterGauge: ServiceLifecycle.Service {
  private let letters: DeadLetterActor
  private let interval: Duration
  private let gauge = Gauge(label: "usher_dead_letters")

  /// A gauge that does nothing until `run()`.
  public init(_ letters: DeadLetterActor, every interval: Duration = .seconds(30)) {
    self.letters = letters
    self.interval = interval
  }

  /// Asks until the service group shuts down.
  public func run() async {
    await cancelWhenGracefulShutdown {
      repeat {
        if let count = try? await letters.count() { gauge.record(count) }
      } while (try? await Task.sleep(for: interval)) != nil
    }
  }
}
