import FieldEncryption
import Gateway
import Logging
import ServiceLifecycle
import ServiceQueue
import UserStore

/// The clients' side: users, history and what keeps them, behind the Gateway.
struct ApiPart {
  private(set) var part = Part()
  private let settings: Settings
  private let broker: any Broker
  private let stores: GatewayStores
  private let vault: FieldVault
  private let logger: Logger

  init(
    _ settings: Settings, broker: any Broker, _ sealing: Foundations.Sealing, logger: Logger
  ) throws(SettingsError) {
    self.settings = settings
    self.broker = broker
    self.logger = logger
    vault = sealing.vault
    let store = UserStoreActor(
      configuration: try Foundations.userStore(settings), keyset: sealing.aead,
      hasher: PasswordHasher(workers: settings.loginWorkers, waitingLimit: settings.loginQueue),
      reactor: try part.reactor("usher-store"), logger: logger.part("users"))
    let eraser = try Foundations.eraser(broker: broker, store: store, sealing, logger: logger.part("erasure"))
    var stores = GatewayStores(store)
    stores.subjects = eraser
    let deadLetters = try DeadLetterParts(settings, logger: logger.part("dead-letters"))
    if let deadLetters { stores.deadLetters = deadLetters.letters }
    self.stores = stores
    part.add(store)
    part.add(
      HistoryRelay(broker: broker, store: store, reader: sealing.subjects, logger: logger.part("history")))
    part.add(HistoryUpkeep(store: store, monthsKept: settings.historyMonths, logger: logger.part("history")))
    part.add(try Foundations.rewrap(settings, store, sealing.aead, logger: logger.part("keys")))
    part.add(eraser)
    if let deadLetters { part.add(deadLetters.gauge) }
    // Looks once, and its end is not the server's.
    part.services.append(
      .init(
        service: ContinuityCheck(broker: broker, history: store, logger: logger.part("history")),
        successTerminationBehavior: .ignore))
    part.probes.append { await Readiness.postgres(store) }
  }

  /// The door for clients, which opens after everything that it needs.
  func gateway(
    health: @escaping @Sendable () async -> [DependencyStatus], metricsText: @escaping @Sendable () -> String
  ) throws(SettingsError) -> Gateway {
    let (http, logger) = (settings.httpListen, logger)
    return Gateway(
      configuration: try configuration(), broker: broker, stores: stores, vault: vault, health: health,
      metricsText: metricsText, logger: logger.part("gateway"),
      onRunning: { port, admin in
        logger.notice("listening", metadata: ["http": "\(http.host):\(port)", "admin_port": "\(admin)"])
      })
  }

  private func configuration() throws(SettingsError) -> GatewayConfiguration {
    var configuration = GatewayConfiguration(
      http: settings.httpListen, admin: settings.adminListen, site: settings.site)
    configuration.allowedOrigins = Set(settings.allowedOrigins)
    configuration.accessTokenLifetime = .seconds(settings.accessTokenSeconds)
    configuration.sessionCookieIsSecure = settings.sessionCookieIsSecure
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
    return configuration
  }
}
