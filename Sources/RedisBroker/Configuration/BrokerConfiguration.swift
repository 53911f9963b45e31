public import ServiceQueue

/// What the Broker is told at its start. Every value has its bounds, which `init` checks.
public struct BrokerConfiguration: Sendable {
  /// Where Redis is.
  public let redisURL: RedisURL
  /// Names the keys in Redis: 1 to 32 of `a-z0-9_-`.
  public let site: String
  /// Queues that are made at the start if they are not there, and again when Redis has lost them; at most 1,000.
  public let queues: [QueueName]
  /// What the operator decides about all queues. Brokers of one site should have the same.
  public let policy: QueuePolicy
  /// About how many events of each queue are kept for those who come back: 100 to 1,000,000. Redis cuts a stream
  /// at whole nodes, so up to 100 more may be there.
  public let eventHistory: Int
  /// How long a call may take, reconnecting included: 100 ms to 30 s.
  public let commandTimeout: Duration
  /// Commands that wait or are sent at one time, more are refused as overloaded: 1 to 100,000.
  public let commandsUnderway: Int
  /// How often what is due is looked for: ended leases and holds, scheduled services: 50 ms to 60 s.
  public let sweepInterval: Duration
  /// How long an api node that says nothing counts as alive: 100 ms to 60 s. Nodes speak every third of
  /// `BrokerLimits.presenceLife`, so less than that is for tests.
  public let presenceLife: Duration

  /// Queues of one site, at most.
  public static let mostQueues = 1_000

  /// Why a value is not taken.
  public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
    /// The parameter of `init`.
    public let parameter: String
    /// What it takes.
    public let expected: String
    /// Both, as a sentence.
    public var description: String { "\(parameter) must be \(expected)" }
  }

  /// Checks every value and throws the first that is out of its bounds.
  public init(
    redisURL: RedisURL, site: String = "main", queues: [QueueName] = [],
    policy: QueuePolicy = .standard, eventHistory: Int = 10_000,
    commandTimeout: Duration = .seconds(5), commandsUnderway: Int = 4_096,
    sweepInterval: Duration = .milliseconds(500), presenceLife: Duration = BrokerLimits.presenceLife
  ) throws(Invalid) {
    guard Self.isSite(site) else {
      throw Invalid(parameter: "site", expected: "1 to 32 of a-z, 0-9, _ and -")
    }
    guard queues.count <= Self.mostQueues else {
      throw Invalid(parameter: "queues", expected: "at most \(Self.mostQueues) names")
    }
    guard (100...1_000_000).contains(eventHistory) else {
      throw Invalid(parameter: "eventHistory", expected: "100 to 1000000")
    }
    guard (.milliseconds(100) ... .seconds(30)).contains(commandTimeout) else {
      throw Invalid(parameter: "commandTimeout", expected: "100 ms to 30 s")
    }
    guard (1...100_000).contains(commandsUnderway) else {
      throw Invalid(parameter: "commandsUnderway", expected: "1 to 100000")
    }
    guard (.milliseconds(50) ... .seconds(60)).contains(sweepInterval) else {
      throw Invalid(parameter: "sweepInterval", expected: "50 ms to 60 s")
    }
    guard (.milliseconds(100) ... .seconds(60)).contains(presenceLife) else {
      throw Invalid(parameter: "presenceLife", expected: "100 ms to 60 s")
    }
    self.redisURL = redisURL
    self.site = site
    self.queues = queues
    self.policy = policy
    self.eventHistory = eventHistory
    self.commandTimeout = commandTimeout
    self.commandsUnderway = commandsUnderway
    self.sweepInterval = sweepInterval
    self.presenceLife = presenceLife
  }

  /// True for a word that may name a site: 1 to 32 of `a-z`, `0-9`, `_` and `-`.
  public static func isSite(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
