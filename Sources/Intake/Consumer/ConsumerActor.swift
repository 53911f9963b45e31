public import Logging
import Metrics
public import Reactor
public import ServiceLifecycle
public import ServiceQueue
import Synchronization

/// Takes service requests in from RabbitMQ and gives them to the Broker; what the Broker has not stored is not acknowledged.
///
/// A delivery's life: drained in a batch with others, analysed (envelope, validation, rules), its personal data sealed, kept in
/// order for the forwarder, submitted in batches, acknowledged. What cannot be understood or is refused for good goes to
/// the dead letters, confirmed, before it is acknowledged. While the Broker is not available the same batch is tried
/// again, under the same ids and keys, for as long as the connection lives; the prefetch bounds what piles up, the rest
/// waits in RabbitMQ. When the connection ends, what was not acknowledged is forgotten here and comes again; the
/// idempotency keys make it happen once.
///
/// It is pinned to a `Reactor` of its own, which must outlive it: librabbitmq blocks the thread when it connects or
/// sends. Run it once, as a service: a graceful shutdown finishes what is under way within the configured grace.
public actor ConsumerActor: ServiceLifecycle.Service {
  /// The executor of the actor.
  public nonisolated let reactor: Reactor
  /// The reactor's.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  let configuration: IntakeConfiguration
  let broker: any Broker
  let vault: any PersonalDataVault
  var analyser: Analyser
  var ruleMetrics = RuleMetrics()
  let logger: Logger
  let metrics: IntakeMetrics
  var ids = UUIDv7Generator()
  var random = SystemRandomNumberGenerator()
  var session: Session?
  var isStopping = false
  private let pause = ReactorPause()
  private nonisolated let healthState = Mutex(IntakeHealth(.idle, "not started"))

  /// A consumer that does nothing until `run()`.
  ///
  /// - Parameters:
  ///   - configuration: where RabbitMQ is, and the bounds.
  ///   - broker: who stores the requests.
  ///   - vault: who seals personal data; called on the reactor's thread.
  ///   - rules: the operator's, until `use(_:)`.
  ///   - reactor: one that nothing else lives on.
  ///   - logger: gets no personal data.
  public init(
    configuration: IntakeConfiguration, broker: any Broker, vault: any PersonalDataVault, rules: RuleSet,
    reactor: Reactor, logger: Logger
  ) {
    self.configuration = configuration
    self.broker = broker
    self.vault = vault
    self.analyser = Analyser(rules: rules, maximumBodyBytes: configuration.maximumBodyBytes)
    self.reactor = reactor
    self.logger = logger
    self.metrics = IntakeMetrics()
    ruleMetrics.use(rules)
  }

  /// How it is. From any task, without waiting for the reactor.
  public nonisolated func health() -> IntakeHealth { healthState.withLock { $0 } }

  nonisolated func report(_ state: IntakeHealth.State, _ detail: String) {
    healthState.withLock { $0 = IntakeHealth(state, detail) }
  }

  /// Consumes until a graceful shutdown, which finishes what is under way, or cancellation, which does not. Never throws:
  /// whatever goes wrong with RabbitMQ is tried again and shows in `health()`.
  public func run() async {
    await withTaskExecutorPreference(reactor) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            try await gracefulShutdown()
            await self.stop(grace: self.configuration.shutdownGrace)
          } catch {
            await self.stop(grace: nil)
          }
        }
        await self.runSessions()
        group.cancelAll()
      }
    }
  }

  private func runSessions() async {
    var attempt = 0
    while !isStopping, !Task.isCancelled {
      let began = ContinuousClock.now
      do throws(AMQPError) {
        let session = try openSession()
        await serve(session)
        if let failure = session.failure, !isStopping { lost(failure) }
      } catch {
        lost(error)
      }
      guard !isStopping, !Task.isCancelled else { break }
      // A connection that held is a reason to try at once; one that ends as soon as it is made is not.
      attempt = ContinuousClock.now - began > .seconds(30) ? 0 : attempt + 1
      let delay = Backoff.reconnect.delay(attempt: attempt - 1, chance: .random(in: 0..<1, using: &random))
      await pause.wait(delay, on: reactor)
      metrics.reconnects.increment()
    }
    report(.stopped, "stopped")
  }

  private func lost(_ error: any Error) {
    report(.disconnected, "\(error)")
    logger.warning("RabbitMQ is not available; trying again", metadata: ["error": "\(error)"])
  }

  /// Begins to stop: nothing new is taken, what is under way is finished within the grace; nil: it is left.
  private func stop(grace: Duration?) {
    guard !isStopping || grace == nil else { return }
    isStopping = true
    pause.end()
    guard let session, !session.hasEnded else { return }
    guard let grace else { return end(session, nil) }
    report(.stopping, "finishing \(session.window.openCount) deliveries")
    finish(session, within: grace)
  }
}
