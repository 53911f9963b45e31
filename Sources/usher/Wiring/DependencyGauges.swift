import Gateway
import Metrics
import ServiceLifecycle

/// Keeps the metric `usher_dependency_ready{dependency}`: asks now and then what the readiness probe asks, so that what is missing
/// shows where nobody probes.
struct DependencyGauges: ServiceLifecycle.Service {
  let health: @Sendable () async -> [DependencyStatus]
  let interval = Duration.seconds(5)

  /// Asks until the service group shuts down.
  func run() async {
    await cancelWhenGracefulShutdown {
      repeat {
        for status in await health() {
          Gauge(label: "usher_dependency_ready", dimensions: [("dependency", status.name)])
            .record(status.isReady ? 1 : 0)
        }
      } while (try? await Task.sleep(for: interval)) != nil
    }
  }
}
