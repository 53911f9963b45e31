import FieldEncryption
import Gateway
import Intake
import Logging
import Metrics
import Reactor
import RedisBroker
import ServiceLifecycle
import ServiceQueue
import Telemetry
import UnixSignals
import UserStore

/// Every role in one process: the actors, what connects them, and the order in which they start and end.
struct Server {
  private let broker: BrokerActor
  private let store: UserStoreActor
  private let relay: HistoryRelay
  private let upkeep: HistoryUpkeep
  private let keyWatch: KeyWatch
  private let rewrap: RewrapService
  private let eraser: Eraser
  private let continuity: ContinuityCheck
  private let consumer: ConsumerActor
  private let gateway: Gateway
  private let reactors: [Reactor]
  private let shutdownSeconds: Int
  private let logger: Logger

  /// Makes every part; nothing connects or listens yet. Throws `SettingsError` when a setting cannot be used.
  init(_ settings: Settings, logger: Logger) async throws(SettingsError) {
    let registry = MetricsRegistry()
    MetricsSystem.bootstrap(registry)
    let sealing = try await Foundations.sealing(settings)
    let vault = sealing.vault
    // The queues' thread never waits: librabbitmq blocks, and libpq does while it looks up a host's name.
    let brokerReactor = try Foundations.reactor("usher-broker")
    let storeReactor = try Foundations.reactor("usher-store")
    let intakeReactor = try Foundations.reactor("usher-intake")
    reactors = [brokerReactor, storeReactor, intakeReactor]
    let broker = BrokerActor(
      configuration: try Foundations.broker(settings), reactor: brokerReactor, logger: logger.part("broker"))
    let store = UserStoreActor(
      configuration: try Foundations.userStore(settings), keyset: sealing.aead,
      hasher: PasswordHasher(workers: settings.loginWorkers, waitingLimit: settings.loginQueue), reactor: storeReactor,
      logger: logger.part("users"))
    let consumer = ConsumerActor(
      configuration: IntakeConfiguration(url: try Foundations.amqp(settings), prefetch: settings.intakePrefetch),
      broker: broker, vault: vault, rules: try Foundations.rules(settings), reactor: intakeReactor,
      logger: logger.part("intake"))
    relay = HistoryRelay(
      broker: broker, store: store, reader: sealing.subjects, logger: logger.part("history"))
    upkeep = HistoryUpkeep(store: store, monthsKept: settings.historyMonths, logger: logger.part("history"))
    keyWatch = KeyWatch(provider: sealing.provider, aead: sealing.aead, logger: logger.part("keys"))
    rewrap = try Foundations.rewrap(settings, store, sealing.aead, logger: logger.part("keys"))
    eraser = try Foundations.eraser(broker: broker, store: store, sealing, logger: logger.part("erasure"))
    var stores = GatewayStores(store)
    stores.subjects = eraser
    continuity = ContinuityCheck(broker: broker, history: store, logger: logger.part("history"))
    var configuration = GatewayConfiguration(
      http: settings.httpListen, admin: settings.adminListen, site: settings.site)
    configuration.allowedOrigins = Set(settings.allowedOrigins)
    configuration.accessTokenLifetime = .seconds(settings.accessTokenSeconds)
    configuration.tokenIssuer = settings.tokenIssuer
    configuration.keySetMaximumAge = min(60, settings.signingKeyOverlapSeconds / 2)
    configuration.openID = try settings.openID.configuration()
    configuration.shutdownGrace = .seconds(max(1, settings.shutdownSeconds - 5))
    configuration.shutdownSpread = settings.shutdownSpread
    configuration.maximumConnections = settings.mostConnections
    configuration.connectionsPerUser = settings.mostConnectionsPerUser
    configuration.unauthenticatedPerAddress = settings.mostUnauthenticatedPerAddress
    configuration.commandRate = settings.commandRate
    configuration.maximumMessage = settings.messageBytes
    configuration.slowReaderBytes = settings.slowReaderBytes
    configuration.trustedProxies = TrustedProxies(settings.trustedProxies)
    configuration.loginBurstPerAddress = settings.loginFailuresPerAddress
    let http = settings.httpListen
    gateway = Gateway(
      configuration: configuration, broker: broker, stores: stores, vault: vault,
      health: { await Readiness.statuses(broker: broker, store: store, consumer: consumer) },
      metricsText: { registry.prometheusText() + ProcessMetrics.prometheusText() }, logger: logger.part("gateway"),
      onRunning: { port, admin in
        logger.notice("listening", metadata: ["http": "\(http.host):\(port)", "admin_port": "\(admin)"])
      })
    self.broker = broker
    self.store = store
    self.consumer = consumer
    self.logger = logger
    shutdownSeconds = settings.shutdownSeconds
  }

  /// Serves until SIGTERM or SIGINT, then shuts down in reverse: first the clients, then the intake, the history, the
  /// Broker and the store. What has not ended after `USHER_SHUTDOWN_SECONDS` is cancelled.
  func run() async throws {
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: store), .init(service: broker), .init(service: relay), .init(service: upkeep),
        .init(service: keyWatch), .init(service: rewrap), .init(service: eraser),
        // Looks once, and its end is not the server's.
        .init(service: continuity, successTerminationBehavior: .ignore), .init(service: consumer),
        .init(service: gateway),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
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

extension Logger {
  /// This logger under the label `usher.NAME`.
  fileprivate func part(_ name: String) -> Logger { Logger(label: "usher.\(name)") }
}
