import Hummingbird
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Health and metrics for operators, on a listener of their own.
public struct AdminListener: ServiceLifecycle.Service, CustomStringConvertible {
  /// `AdminListener`: what a service group logs.
  public var description: String { "AdminListener" }

  private let address: GatewayConfiguration.Address
  private let health: @Sendable () async -> [DependencyStatus]
  private let metricsText: @Sendable () -> String
  private let idleTimeout: Duration
  private let logger: Logger
  private let onRunning: @Sendable (_ port: Int) -> Void

  /// A listener that is not listening yet.
  ///
  /// - Parameters:
  ///   - address: where it listens; not for the world.
  ///   - health: what readiness means, asked at each probe; called at any time from any task.
  ///   - metricsText: the metrics in Prometheus' text format.
  ///   - idleTimeout: how long a socket may stay idle.
  ///   - logger: gets no personal data.
  ///   - onRunning: called once it listens, with the port.
  public init(
    address: GatewayConfiguration.Address, health: @escaping @Sendable () async -> [DependencyStatus],
    metricsText: @escaping @Sendable () -> String, idleTimeout: Duration = .seconds(60), logger: Logger,
    onRunning: @escaping @Sendable (_ port: Int) -> Void
  ) {
    self.address = address
    self.health = health
    self.metricsText = metricsText
    self.idleTimeout = idleTimeout
    self.logger = logger
    self.onRunning = onRunning
  }

  /// Listens until a graceful shutdown or until cancelled. Throws when the address cannot be bound.
  public func run() async throws {
    let (address, onRunning) = (address, onRunning)
    let application = Application(
      router: AdminRoutes.router(health: health, metricsText: metricsText),
      server: .http1(configuration: .init(idleTimeout: TimeAmount(idleTimeout))),
      configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
      onServerRunning: { onRunning($0.localAddress?.port ?? address.port) },
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), logger: logger)
    try await application.run()
  }
}
