public import Logging
public import Reactor
public import ServiceQueue

/// The owner of the queues of one site, over Redis. Any number of them, in any number of processes, may share one Redis: every
/// change is one atomic function there.
///
/// Lives on the reactor it is given, which must run for longer than `run()`. Start `run()` as a service; calls made before
/// it has connected, or while the connection is broken, wait up to the command timeout. It has six connections: for commands,
/// for reads with long answers, and for the blocking reads of events, of presence and, for each of its readers, of the outbox. On each of the first two at most
/// `BrokerConfiguration.commandsUnderway` wait or are sent at one time, more are refused as overloaded.
public actor BrokerActor: Broker {
  /// Where the actor lives.
  public nonisolated let reactor: Reactor
  /// The reactor's.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  /// What it was told at its start.
  public nonisolated let configuration: BrokerConfiguration

  let logger: Logger
  let keys: KeySpace
  let library: FunctionLibrary
  let metrics: BrokerMetrics
  let queueMetrics = QueueMetrics()
  let seen: SeenVersions
  let clock = ContinuousClock()
  /// Commands and questions with small answers.
  let commands: RedisLink
  /// Lists, snapshots and pages of events: their answers are up to `BrokerLimits.pageBytes` long, which must not delay
  /// commands.
  let reads: RedisLink
  /// The blocking read of events, which would hold up everything else.
  let eventLink: RedisLink
  /// The blocking read of the outbox by the history.
  let outboxLink: RedisLink
  /// The blocking read of the outbox for those who publish.
  let publishLink: RedisLink
  /// The blocking read of who comes and goes.
  let presenceLink: RedisLink

  var phase = Phase.new
  var fronts: QueueFronts
  var readPlan = EventReadPlan()
  var subscribers = SubscriberList()
  var positions = EventPositions()
  /// Where the reading of events waits for a subscriber.
  let eventPause = ReactorPause()
  var durabilityIsUnknown = true
  var warnings: [String] = []
  /// When the metrics were last told of the outbox.
  var outboxMeasured = ContinuousClock.now - .seconds(3_600)
  /// When the metrics were last told of the queues.
  var queuesMeasured = ContinuousClock.now - .seconds(3_600)
  private var random = SystemRandomNumberGenerator()
  private let ownKeys: String
  /// How long an idempotency key of the Broker's own is kept, in milliseconds: as long as it may send a command again.
  let ownKeyLife: Int64
  private var madeKeys = 0

  /// Long answers that Redis prepares at one time: it never holds more than about 16 MiB of them for one Broker, and a
  /// connection that brings them within the command timeout does not count as dead.
  private static let readsSent = 8

  enum Phase {
    case new, running, stopping
  }

  /// A Broker that does nothing yet: it connects in `run()`.
  public init(configuration: BrokerConfiguration, reactor: Reactor, logger: Logger) {
    self.init(configuration: configuration, reactor: reactor, logger: logger, library: .builtIn)
  }

  /// A Broker with other functions than those built in.
  init(configuration: BrokerConfiguration, reactor: Reactor, logger: Logger, library: FunctionLibrary) {
    self.reactor = reactor
    self.configuration = configuration
    self.logger = logger
    let keys = KeySpace(site: configuration.site)
    let seen = SeenVersions()
    let metrics = BrokerMetrics()
    self.keys = keys
    fronts = QueueFronts(keys, configuration, library)
    self.library = library
    self.metrics = metrics
    self.seen = seen
    ownKeys = keys.ownIdempotency(Self.randomName(using: &random) + ":")
    ownKeyLife = (configuration.commandTimeout * 2 + .seconds(10)).milliseconds
    let setUp = { Self.setUp(configuration.queues, keys, library) }
    func link(
      _ name: String, limit: Int, mostSent: Int = .max, reload: RedisCommand? = nil,
      then steps: @escaping () -> [RedisLink.PreparationStep] = { [] }
    ) -> RedisLink {
      var logger = logger
      logger[metadataKey: "link"] = "\(name)"
      return RedisLink(
        name: name, reactor: reactor, endpoint: configuration.redisURL, limit: limit, mostSent: mostSent,
        connectTimeout: configuration.commandTimeout, logger: logger, metrics: metrics, reload: reload
      ) {
        Self.login(configuration.redisURL) + steps()
      }
    }
    commands = link("commands", limit: configuration.commandsUnderway, reload: library.load) {
      setUp() + Self.assurances(of: seen, keys, library)
    }
    reads = link(
      "reads", limit: configuration.commandsUnderway, mostSent: Self.readsSent, reload: library.load, then: setUp)
    eventLink = link("events", limit: 4 * BrokerConfiguration.mostQueues)
    outboxLink = link("outbox", limit: 64)
    publishLink = link("publish", limit: 64)
    presenceLink = link("presence", limit: 4)
  }

  /// Appends an idempotency key for one call of this Broker's own.
  func appendOwnKey(to call: inout RedisCommand) {
    madeKeys += 1
    call.append(joined: ownKeys, number: madeKeys)
  }
}
