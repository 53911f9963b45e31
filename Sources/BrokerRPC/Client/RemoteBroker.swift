import GRPCCore
import GRPCNIOTransportHTTP2Posix
public import Logging
import NIOCertificateReloading
public import ServiceLifecycle
public import ServiceQueue
import Synchronization

/// What a `RemoteBroker` is told at its start.
public struct RemoteBrokerConfiguration: Sendable {
  /// Where brokers of the site are: any of them will do. One is picked, another one when it is gone.
  public var addresses: [BrokerAddress]
  /// How they are connected to.
  public var security: ClientSecurity
  /// How long a call may take, connecting included.
  public var commandTimeout: Duration
  /// Calls, and items of batches, that wait or are under way at one time; more are refused as overloaded.
  public var callsUnderway = 4_096

  /// A configuration with the default bounds.
  public init(addresses: [BrokerAddress], security: ClientSecurity, commandTimeout: Duration = .seconds(5)) {
    self.addresses = addresses
    self.security = security
    self.commandTimeout = commandTimeout
  }
}

/// The Broker in another process, over gRPC.
///
/// Start `run()` as a service; calls made before it has connected, or while the connection is broken, wait up to the command
/// timeout. Submissions and commands go in batches on one stream each, questions in calls of their own, events on a stream that
/// is opened anew when it breaks. Nothing is sent twice: whether a lost call is repeated its caller decides.
public final class RemoteBroker: Broker, ServiceLifecycle.Service, CustomStringConvertible {
  typealias Transport = HTTP2ClientTransport.Posix

  /// `RemoteBroker`: what a service group logs.
  public var description: String { "RemoteBroker" }

  let configuration: RemoteBrokerConfiguration
  let client: GRPCClient<Transport>
  let calls: WireBroker.Client<Transport>
  let submissions: BatchLane<Submission, SubmitOutcome>
  let commands: BatchLane<CommandRequest, Result<CommandAnswer, BrokerError>>
  let events: EventFeed
  let metrics = RPCMetrics()
  let logger: Logger
  private let reloading: TimedCertificateReloader?
  private let underway = Atomic(0)

  /// A client that is not connected yet. Throws when the certificate cannot be used.
  public init(_ configuration: RemoteBrokerConfiguration, logger: Logger) throws {
    self.configuration = configuration
    self.logger = logger
    let (security, reloading) = try configuration.security.transport(logger: logger)
    self.reloading = reloading
    var resolvers = NameResolverRegistry.defaults
    resolvers.registerFactory(BrokerResolverFactory())
    client = GRPCClient(
      transport: try Transport(
        target: BrokerTarget(addresses: configuration.addresses), transportSecurity: security,
        config: Self.config(authority: configuration.security.brokerName), resolverRegistry: resolvers,
        // Clients spread over the brokers.
        serviceConfig: ServiceConfig(loadBalancingConfig: [.pickFirst(shuffleAddressList: true)])),
      interceptors: [SentMarkInterceptor(), ClientTraceInterceptor()])
    calls = WireBroker.Client(wrapping: client)
    submissions = BatchLane(
      limits: .init(
        items: configuration.callsUnderway, batch: BrokerLimits.submitBatch, weight: MessageBudget.filled,
        batches: Self.batchesUnderway), timeout: configuration.commandTimeout, logger: logger)
    commands = BatchLane(
      limits: .init(
        items: configuration.callsUnderway, batch: MessageBudget.commands, weight: MessageBudget.filled,
        batches: Self.batchesUnderway), timeout: configuration.commandTimeout, logger: logger)
    events = EventFeed()
  }

  /// Fewer than the server works on at one time, so that what waits gathers here.
  private static let batchesUnderway = 8
  private static let drainTime = Duration.seconds(1)

  /// A dead peer is noticed within 15 s, and one that is back within 2 s.
  private static func config(authority: String?) -> Transport.Config {
    .defaults {
      $0.http2.authority = authority
      $0.http2.targetWindowSize = MessageBudget.message
      $0.backoff = .init(initial: .milliseconds(50), max: .seconds(2), multiplier: 1.6, jitter: 0.2)
      $0.connection.keepalive = .init(time: .seconds(10), timeout: .seconds(5), allowWithoutCalls: true)
    }
  }

  /// Connects, and keeps connected, until cancelled or shut down gracefully: then refuses new calls, gives those under way a second,
  /// and ends the subscriptions. Once only.
  public func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await self.client.runConnections() }
      if let reloading { group.addTask { try? await reloading.run() } }
      group.addTask {
        await self.submissions.run {
          self.metrics.opens(.submissions)
          try await self.runSubmissions()
        }
      }
      group.addTask {
        await self.commands.run {
          self.metrics.opens(.commands)
          try await self.runCommands()
        }
      }
      group.addTask { await self.followEvents() }
      group.addTask { await self.expireCalls() }
      try? await gracefulShutdown()
      submissions.stop()
      commands.stop()
      let limit = ContinuousClock.now + Self.drainTime
      while !Task.isCancelled, ContinuousClock.now < limit, !isIdle { try? await Task.sleep(for: .milliseconds(10)) }
      events.finish()
      client.beginGracefulShutdown()
      group.cancelAll()
    }
  }

  private var isIdle: Bool { submissions.isIdle && commands.isIdle && underway.load(ordering: .relaxed) == 0 }

  private func expireCalls() async {
    let interval = configuration.commandTimeout / 20
    while !Task.isCancelled {
      submissions.expire()
      commands.expire()
      events.recover()
      try? await Task.sleep(for: interval)
    }
    submissions.expire()
  }

  /// The options of a call that may take so long.
  func options(timeout: Duration?, waitForReady: Bool = true) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    options.waitForReady = waitForReady
    options.maxRequestMessageBytes = MessageBudget.message
    options.maxResponseMessageBytes = MessageBudget.message
    return options
  }

  /// Makes a call of its own. `wait` is what the Broker is asked to wait besides.
  func ask<Answer>(
    _ effect: CallEffect, wait: Duration = .zero, _ call: (CallOptions) async throws -> Answer
  ) async throws(BrokerError) -> Answer {
    guard underway.wrappingAdd(1, ordering: .relaxed).newValue <= configuration.callsUnderway else {
      underway.wrappingSubtract(1, ordering: .relaxed)
      throw BrokerError(.overloaded, "Too many calls to the broker are under way; try again")
    }
    defer { underway.wrappingSubtract(1, ordering: .relaxed) }
    let mark = SentMark()
    let began = ContinuousClock.now
    do {
      let answer = try await SentMark.$current.withValue(mark) {
        try await call(options(timeout: configuration.commandTimeout + wait))
      }
      // What waits for news says nothing about how fast the broker answers.
      metrics.asked(error: nil, after: wait == .zero ? ContinuousClock.now - began : nil)
      return answer
    } catch {
      let known = BrokerError(error, effect, wasSent: mark.wasSent)
      metrics.asked(error: known.code, after: wait == .zero ? ContinuousClock.now - began : nil)
      throw known
    }
  }
}
