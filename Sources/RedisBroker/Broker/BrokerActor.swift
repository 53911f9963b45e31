public import Logging
public import Reactor
public import ServiceQueue

/// The owner of the queues of one site, over Redis. Any number of them, in any number of processes, may share one Redis: every
/// change is one atomic function there.
///
/// Lives on the reactor it is given, which must run for longer than `run()`. Start `run()` as a service; calls made before
/// it has connected, or while the connection is broken, wait up to the command timeout. It has four connections: for commands,
/// for reads with long answers, and for the two blocking reads of events and of the outbox. On each of the first two at most
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
  let clock = ContinuousClock()
  /// Commands and questions with small answers.
  let commands: RedisLink
  /// Lists, snapshots and pages of events: their answers are up to `BrokerLimits.pageBytes` long, which must not delay
  /// commands.
  let reads: RedisLink
  /// The blocking read of events, which would hold up everything else.
  let eventLink: RedisLink
  /// The blocking read of the outbox.
  let outboxLink: RedisLink

  var phase = Phase.new
  var changeKeys: ChangeKeys
  var readPlan = EventReadPlan()
  var subscribers = SubscriberList()
  var positions = EventPositions()
  var durabilityIsUnknown = true
  var warnings: [String] = []
  private var random = SystemRandomNumberGenerator()
  private let instance: String
  private var madeKeys: UInt64 = 0

  /// Long answers that Redis prepares at one time: it never holds more than about 16 MiB of them for one Broker, and a
  /// connection that brings them within the command timeout does not count as dead.
  private static let readsSent = 8

  enum Phase {
    case new, running, stopping
  }

  /// A Broker that does nothing yet: it connects in `run()`.
  public init(configuration: BrokerConfiguration, reactor: Reactor, logger: Logger) {
    self.reactor = reactor
    self.configuration = configuration
    self.logger = logger
    let keys = KeySpace(site: configuration.site)
    let library = FunctionLibrary.builtIn
    let metrics = BrokerMetrics()
    self.keys = keys
    changeKeys = ChangeKeys(keys)
    self.library = library
    self.metrics = metrics
    instance = Self.randomName(using: &random)
    func link(_ name: String, limit: Int, mostSent: Int = .max, reload: RedisCommand?, ensuring: Bool) -> RedisLink {
      var logger = logger
      logger[metadataKey: "link"] = "\(name)"
      return RedisLink(
        name: name, reactor: reactor, endpoint: configuration.redisURL, limit: limit, mostSent: mostSent,
        connectTimeout: configuration.commandTimeout,
        logger: logger, metrics: metrics, reload: reload
      ) {
        Self.preparation(configuration, ensuring ? (keys, library) : nil)
      }
    }
    commands = link("commands", limit: configuration.commandsUnderway, reload: library.load, ensuring: true)
    reads = link(
      "reads", limit: configuration.commandsUnderway, mostSent: Self.readsSent, reload: library.load, ensuring: true)
    eventLink = link("events", limit: 2 * BrokerConfiguration.mostQueues, reload: nil, ensuring: false)
    outboxLink = link("outbox", limit: 64, reload: nil, ensuring: false)
  }

  /// What a new connection sends first: the login, and on those for commands and reads the functions and the configured
  /// queues.
  private static func preparation(
    _ configuration: BrokerConfiguration, _ ensuring: (KeySpace, FunctionLibrary)?
  ) -> [RedisLink.PreparationStep] {
    let url = configuration.redisURL
    let anyError: (RedisValue) -> String? = { if case .error(let text) = $0 { text } else { nil } }
    var steps: [RedisLink.PreparationStep] = []
    if let password = url.password {
      let login = url.user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password)
      steps.append(.init(command: login, objection: anyError))
    }
    // They also find out whether a login is wanted, and whether Redis is still loading.
    steps.append(.init(command: RedisCommand("SELECT", String(url.database)), objection: anyError))
    steps.append(.init(command: RedisCommand("PING"), objection: anyError))
    if let (keys, library) = ensuring {
      steps.append(.init(command: library.load, objection: FunctionLibrary.objection))
      for queue in configuration.queues {
        let command = creation(of: queue, epoch: newEpoch(), keys: keys, library: library)
        steps.append(.init(command: command, objection: FunctionLibrary.objection))
      }
    }
    return steps
  }

  /// An idempotency key for one call of this Broker's own.
  func ownIdempotencyKey() -> String {
    madeKeys += 1
    return keys.ownIdempotency("\(instance):\(madeKeys)")
  }

  static func newEpoch() -> String {
    var random = SystemRandomNumberGenerator()
    return randomName(using: &random)
  }

  /// 16 of `a-z0-9`: 82 random bits.
  private static func randomName(using random: inout some RandomNumberGenerator) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    return String(decoding: (0..<16).map { _ in letters.randomElement(using: &random) ?? 0 }, as: UTF8.self)
  }
}
