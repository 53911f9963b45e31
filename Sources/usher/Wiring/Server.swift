import Gateway
import Intake
import Logging
import Metrics
import Reactor
import ServiceLifecycle
import Telemetry
import Tracing
import UnixSignals

/// The roles of this process: their parts, what connects them, and the order in which they start and end.
struct Server {
  private var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
  private var reactors: [Reactor] = []
  private let shutdownSeconds: Int
  private let logger: Logger

  /// Makes every part; nothing connects or listens yet. Throws `SettingsError` when a setting cannot be used.
  init(_ settings: Settings, logger: Logger) async throws(SettingsError) {
    let registry = MetricsRegistry(MetricCatalogue.all)
    MetricsSystem.bootstrap(registry)
    InstrumentationSystem.bootstrap(TraceContextTracer())
    Gauge(label: "usher_build_info", dimensions: [("version", Usher.version)]).record(1)
    self.logger = logger
    shutdownSeconds = settings.shutdownSeconds
    let roles = settings.role.roles
    var probes: [Probe] = []

    let broker = try BrokerPart(settings, logger: logger)
    take(broker.part, &probes)
    var api: ApiPart?
    // Without the keyset a broker opens nobody's data.
    if roles != [.broker] {
      let sealing = try await Foundations.sealing(settings)
      services.append(
        .init(service: KeyWatch(provider: sealing.provider, aead: sealing.aead, logger: logger.part("keys"))))
      if roles.contains(.api) {
        let part = try ApiPart(settings, broker: broker.broker, sealing, logger: logger)
        take(part.part, &probes)
        api = part
      }
      if roles.contains(.consumer) {
        take(try await ConsumerPart(settings, broker: broker.broker, sealing, logger: logger).part, &probes)
      }
    }
    if !roles.contains(.consumer) {
      // Where there are no rules to read again, the signal for that ends nothing either.
      services.append(
        .init(
          service: await RulesWatch(path: nil, inUse: RuleSet(), logger: logger.part("intake"), use: { _ in })))
    }
    if let door = broker.door { services.append(.init(service: door)) }

    let all = probes
    let health = { @Sendable in await Readiness.statuses(all) }
    services.append(.init(service: DependencyGauges(health: health)))
    let metricsText = { @Sendable in registry.prometheusText() + ProcessMetrics.prometheusText() }
    if let api {
      services.append(.init(service: try api.gateway(health: health, metricsText: metricsText)))
    } else {
      let admin = settings.adminListen
      services.append(
        .init(
          service: AdminListener(
            address: admin, health: health, metricsText: metricsText, logger: logger.part("admin"),
            onRunning: { logger.notice("listening", metadata: ["admin": "\(admin.host):\($0)"]) })))
    }
  }

  private mutating func take(_ part: Part, _ probes: inout [Probe]) {
    services += part.services
    reactors += part.reactors
    probes += part.probes
  }

  /// Serves until SIGTERM or SIGINT, then shuts down in reverse: first the clients, then other processes' roles, the intake, the
  /// history and the store, and the Broker. What has not ended after `USHER_SHUTDOWN_SECONDS` is cancelled.
  func run() async throws {
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(shutdownSeconds)
    let result: Result<Void, any Error>
    do {
      result = .success(try await ServiceGroup(configuration: configuration).run())
    } catch {
      result = .failure(error)
    }
    for reactor in reactors { await reactor.shutdown() }
    logger.notice("stopped")
    try result.get()
  }
}
