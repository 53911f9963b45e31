public import Logging
import Metrics
public import Reactor
public import ServiceLifecycle
public import ServiceQueue
import Synchronization

/// Publishes the changes of services that others care about to a topic exchange, from the Broker's outbox, with confirms: at least once,
/// the events of a queue in their order.
///
/// It reads the outbox as the reader `events`, a page at a time, publishes what of it is to be published, and acknowledges the page
/// when RabbitMQ has confirmed all of that. Whatever goes wrong in between, the page is read and published again: its events have the same
/// ids then. One process of a site publishes, others stand by: who has an exclusive queue of RabbitMQ. While RabbitMQ is away changes wait in
/// the outbox, and here is nothing but one page at the most.
///
/// It is pinned to a `Reactor` of its own, which must outlive it: librabbitmq blocks the thread when it connects or sends. Run it once, as a
/// service.
public actor EventPublisherActor: ServiceLifecycle.Service {
  /// The executor of the actor.
  public nonisolated let reactor: Reactor
  /// The reactor's.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  let configuration: EventsConfiguration
  let broker: any Broker
  let logger: Logger
  let metrics = EventsMetrics()
  var isStopping = false
  var session: EventSession?
  private var random = SystemRandomNumberGenerator()
  private let pause = ReactorPause()
  private nonisolated let healthState = Mutex(EventsHealth(.idle, "not started"))

  /// How long who stands by waits before it tries again.
  private static let standby = Backoff(base: .seconds(4), limit: .seconds(4))

  /// A publisher that does nothing until `run()`.
  ///
  /// - Parameters:
  ///   - configuration: where RabbitMQ is.
  ///   - broker: whose outbox is read.
  ///   - reactor: one that nothing else lives on.
  ///   - logger: gets ids alone.
  public init(configuration: EventsConfiguration, broker: any Broker, reactor: Reactor, logger: Logger) {
    self.configuration = configuration
    self.broker = broker
    self.reactor = reactor
    self.logger = logger
  }

  /// How it is. From any task, without waiting for the reactor.
  public nonisolated func health() -> EventsHealth { healthState.withLock { $0 } }

  nonisolated func report(_ state: EventsHealth.State, _ detail: String) {
    healthState.withLock { $0 = EventsHealth(state, detail) }
  }

  /// Publishes until a graceful shutdown, which finishes the page that is under way, or cancellation, which does not. Never throws.
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
    var wasStandby = false
    while !isStopping, !Task.isCancelled {
      let began = ContinuousClock.now
      var isStandby = false
      do {
        // Enrols the reader, whether RabbitMQ is there or not: nothing is lost from now on.
        _ = try await broker.outbox(for: .events, after: nil, limit: 1, wait: .zero)
        guard !isStopping else { break }
        try await publish(in: try openSession())
      } catch let error as AMQPError where error.code == .resourceLocked {
        isStandby = true
        report(.standby, "another process of this site publishes")
        if !wasStandby { logger.info("Another process publishes events; standing by") }
      } catch {
        if !isStopping {
          report(.waiting, "\(error)")
          logger.warning("Events are not published; trying again", metadata: ["error": "\(error)"])
        }
      }
      wasStandby = isStandby
      guard !isStopping, !Task.isCancelled else { break }
      attempt = isStandby || ContinuousClock.now - began > .seconds(30) ? 0 : attempt + 1
      let policy = isStandby ? Self.standby : Backoff.reconnect
      await pause.wait(policy.delay(attempt: attempt - 1, chance: .random(in: 0..<1, using: &random)), on: reactor)
      if !isStandby { metrics.reconnects.increment() }
    }
    report(.stopped, "stopped")
  }

  /// Begins to stop: the page under way is finished within the grace; nil: it is left, and comes again.
  private func stop(grace: Duration?) {
    guard !isStopping || grace == nil else { return }
    isStopping = true
    pause.end()
    guard let session else { return }
    guard let grace else { return session.end(nil) }
    session.graceTimer = reactor.schedule(after: grace) { session.end(nil) }
    session.wake()
  }
}
