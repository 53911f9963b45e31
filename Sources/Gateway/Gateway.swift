import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
public import ServiceQueue

/// The door to the world: REST and the Centrifuge WebSocket on one port, health and metrics on another.
///
/// `run()` listens until a graceful shutdown: then nothing new is accepted, requests are finished, and the clients of
/// WebSockets and event streams are asked to come back (3001), spread over `GatewayConfiguration.shutdownSpread`. What is
/// open a second after that is closed with 1001, and what has not ended after `shutdownGrace` is cut off.
public struct Gateway: ServiceLifecycle.Service, CustomStringConvertible {
  /// `Gateway`: what a service group logs.
  public var description: String { "Gateway" }

  let services: GatewayServices
  private let health: @Sendable () async -> [DependencyStatus]
  private let metricsText: @Sendable () -> String
  private let group: any EventLoopGroup
  private let onRunning: @Sendable (_ http: Int, _ admin: Int) -> Void

  /// A gateway that is not listening yet.
  ///
  /// - Parameters:
  ///   - configuration: addresses and bounds.
  ///   - broker: owns the queues.
  ///   - stores: the users, the keys of their tokens, and what is remembered.
  ///   - vault: opens the personal data of services.
  ///   - health: what readiness means besides having the signing keys, asked at each probe; called at any time from any task.
  ///   - metricsText: the metrics in Prometheus' text format.
  ///   - logger: gets ids, never personal data.
  ///   - onRunning: called once both listeners are open, with their ports.
  public init(
    configuration: GatewayConfiguration, broker: any Broker, stores: GatewayStores, vault: any PersonalDataVault,
    health: @escaping @Sendable () async -> [DependencyStatus], metricsText: @escaping @Sendable () -> String,
    logger: Logger, onRunning: @escaping @Sendable (_ http: Int, _ admin: Int) -> Void = { _, _ in }
  ) {
    let clock = GatewayClock.system
    let ids = ServiceIDs(clock: clock)
    let desk = CommandDesk(broker: broker, vault: vault, ids: ids, directory: stores.directory)
    let metrics = GatewayMetrics()
    let lifetime = configuration.accessTokenLifetime.components.seconds
    group = MultiThreadedEventLoopGroup.singleton
    services = GatewayServices(
      configuration: configuration, desk: desk, stores: stores,
      tokens: TokenAuthority(issuer: configuration.tokenIssuer, audience: configuration.site, lifetime: lifetime),
      openID: configuration.openID.map { OpenIDSignIn($0, clock: clock, logger: logger) },
      rights: RightsRegistry(tokenLifetime: lifetime * 1_000),
      limiter: LoginLimiter(burst: configuration.loginBurstPerAddress, clock: clock),
      hub: QueueHub(group: group, desk: desk, metrics: metrics, logger: logger),
      connections: Connections(
        group: group,
        limits: .init(
          total: configuration.maximumConnections, perUser: configuration.connectionsPerUser,
          waiting: configuration.unauthenticatedPerAddress), proxies: configuration.trustedProxies, metrics: metrics),
      presence: PresenceKeeper(broker: broker, logger: logger) { ids.next().rawValue },
      metrics: metrics, ids: ids, clock: clock, logger: logger)
    self.health = health
    self.metricsText = metricsText
    self.onRunning = onRunning
  }

  private enum Ended {
    case listener
    case graceOver
    case helper
  }

  /// Listens until a graceful shutdown or until cancelled. Throws when an address cannot be bound.
  public func run() async throws {
    // Before anyone can subscribe: what is stored from now on reaches the hub.
    let events = await services.desk.broker.subscribe()
    let ports = Ports(onRunning: onRunning)
    let listeners = [http(ports), admin(ports)]
    try await withThrowingTaskGroup(of: Ended.self) { tasks in
      for listener in listeners {
        tasks.addTask {
          try await listener.run()
          // Upgraded sockets are none of the listener's.
          await services.connections.drained()
          return .listener
        }
      }
      tasks.addTask {
        await services.hub.run(events)
        return .helper
      }
      tasks.addTask {
        await services.connections.jobs.run(services)
        return .helper
      }
      tasks.addTask {
        await KeyKeeper(services: services).run()
        return .helper
      }
      tasks.addTask {
        await services.presence.run()
        return .helper
      }
      tasks.addTask {
        await UserWatch(services: services).run()
        return .helper
      }
      tasks.addTask {
        guard (try? await gracefulShutdown()) != nil else { return .helper }
        await windDown()
        return .graceOver
      }
      var open = listeners.count
      loop: for try await ended in tasks {
        switch ended {
        case .listener:
          open -= 1
          if open == 0 { break loop }
        case .graceOver:
          services.logger.warning("not everything ended in time", metadata: ["open": "\(services.connections.count)"])
          break loop
        case .helper: break
        }
      }
      tasks.cancelAll()
    }
  }

  /// How much later than asked for a timer of a busy loop may run.
  private static let lateness: Duration = .seconds(1)

  /// Lets the shutdown's spread and grace go by. Sockets ask their clients by themselves, when their channels are told of the
  /// shutdown; one that was just being opened is not told.
  private func windDown() async {
    let configuration = services.configuration
    let spread = configuration.shutdownSpread + Self.lateness
    try? await Task.sleep(for: spread)
    for connection in services.connections.all { await connection.disconnect(.goingAway) }
    try? await Task.sleep(for: configuration.shutdownGrace - spread)
  }

  private func http(_ ports: Ports) -> any ServiceLifecycle.Service {
    let services = services
    let address = services.configuration.http
    return Application(
      router: RouteTable.gateway.router(services, document: .gateway),
      server: HTTPServerBuilder { GatewayChannel(responder: $0, services: services) },
      configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
      onServerRunning: { ports.http($0.localAddress?.port ?? address.port) },
      eventLoopGroupProvider: .shared(group), logger: services.logger)
  }

  private func admin(_ ports: Ports) -> any ServiceLifecycle.Service {
    let (health, tokens, rights) = (health, services.tokens, services.rights)
    return AdminListener(
      address: services.configuration.admin,
      health: {
        // Without keys, and without knowing whose rights changed lately, nobody is let in, whatever else is there.
        await health() + [DependencyStatus(name: "signing-keys", isReady: tokens.isReady && rights.isReady)]
      }, metricsText: metricsText, idleTimeout: services.configuration.idleTimeout, logger: services.logger,
      onRunning: { ports.admin($0) })
  }
}
