import GRPCCore
import GRPCNIOTransportHTTP2Posix
public import Logging
import NIOCertificateReloading
public import ServiceLifecycle
public import ServiceQueue

/// The Broker's door for the other roles: `usher.broker.v1` and the health service, over HTTP/2 with mutual TLS.
///
/// At a graceful shutdown tells watchers that it does not serve, sends clients elsewhere, finishes the calls that it has, and ends.
public struct BrokerServer: ServiceLifecycle.Service, CustomStringConvertible {
  /// `BrokerServer`: what a service group logs.
  public var description: String { "BrokerServer" }

  private let host: String
  private let port: Int
  private let security: ServerSecurity
  private let broker: any Broker
  private let state: ServingState
  private let logger: Logger
  private let onRunning: @Sendable (_ port: Int) -> Void

  /// A server that is not listening yet.
  ///
  /// - Parameters:
  ///   - host: a name or an address to listen on.
  ///   - port: 0 takes a free one.
  ///   - security: who is let in.
  ///   - broker: what it serves.
  ///   - isReady: whether the Broker can work, asked at each probe.
  ///   - logger: gets methods and names of certificates, and of commands and submissions ids and outcomes.
  ///   - onRunning: called once it listens, with the port.
  public init(
    host: String, port: Int, security: ServerSecurity, broker: any Broker,
    isReady: @escaping @Sendable () async -> Bool, logger: Logger,
    onRunning: @escaping @Sendable (_ port: Int) -> Void = { _ in }
  ) {
    self.host = host
    self.port = port
    self.security = security
    self.broker = broker
    state = ServingState(isReady: isReady)
    self.logger = logger
    self.onRunning = onRunning
  }

  /// How long watchers of the health service and those who look for another broker have before clients are sent away.
  private static let notice = HealthService.interval * 2

  /// Listens until a graceful shutdown or until cancelled. Throws when the address or the certificate cannot be used.
  public func run() async throws {
    let (transportSecurity, reloading) = try security.transport(logger: logger)
    let transport = HTTP2ServerTransport.Posix(
      address: try await SocketAddress.listening(host: host, port: port), transportSecurity: transportSecurity,
      config: Self.config)
    let server = GRPCServer(
      transport: transport,
      services: [BrokerService(broker: broker, logger: logger), HealthService(state: state)],
      // The trace first: what is refused is told within it.
      interceptors: [
        ServerTraceInterceptor(logger: logger), AccessInterceptor(access: security.access, logger: logger),
      ])
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await server.serve()
        return true
      }
      group.addTask {
        let address = try await transport.listeningAddress
        onRunning(address.ipv4?.port ?? address.ipv6?.port ?? port)
        return false
      }
      if let reloading {
        group.addTask {
          try await reloading.run()
          return false
        }
      }
      group.addTask {
        guard (try? await gracefulShutdown()) != nil else { return false }
        state.close()
        try? await Task.sleep(for: Self.notice)
        server.beginGracefulShutdown()
        return false
      }
      while let isOver = try await group.next(), !isOver {}
      group.cancelAll()
    }
  }

  /// A dead peer is noticed within 15 s.
  private static var config: HTTP2ServerTransport.Posix.Config {
    .defaults {
      $0.rpc.maxRequestPayloadSize = MessageBudget.message
      $0.http2.targetWindowSize = MessageBudget.message
      $0.http2.maxConcurrentStreams = 1_024
      $0.connection.keepalive = .init(
        time: .seconds(10), timeout: .seconds(5),
        clientBehavior: .init(minPingIntervalWithoutCalls: .seconds(5), allowWithoutCalls: true))
    }
  }
}
