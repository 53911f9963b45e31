import Foundation
import Logging
import Reactor
import ServiceQueue
import Testing

@testable import RedisBroker

/// The Redis that the test environment started.
func testRedisURL() throws -> RedisURL {
  let text = try #require(
    ProcessInfo.processInfo.environment["USHER_TEST_REDIS_URL"],
    "USHER_TEST_REDIS_URL must name a Redis for tests; ops/test starts one")
  return try RedisURL(text)
}

/// A name that no other test uses.
func unique(_ prefix: String) -> String {
  prefix + "-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
}

func queueName(_ text: String) throws -> QueueName { try #require(QueueName(text)) }

/// Gives the body running Brokers on one site, which take turns in the libraries, and stops them afterwards. Tests that wait for a
/// timeout say how long; for the others it is long, as hundreds of tests share the machine.
func withBrokers(
  _ count: Int, url: RedisURL? = nil, site: String? = nil, queues: [String] = ["a"], eventHistory: Int = 10_000,
  commandTimeout: Duration = .seconds(20), commandsUnderway: Int = 4_096, sweepInterval: Duration = .milliseconds(500),
  presenceLife: Duration = BrokerLimits.presenceLife, policy: QueuePolicy = .standard,
  libraries: [FunctionLibrary] = [.builtIn],
  _ body: ([BrokerActor]) async throws -> Void
) async throws {
  let reactor = try Reactor(name: "broker-test")
  let configuration = try BrokerConfiguration(
    redisURL: url ?? testRedisURL(), site: site ?? unique("t"), queues: queues.map(queueName), policy: policy,
    eventHistory: eventHistory, commandTimeout: commandTimeout, commandsUnderway: commandsUnderway,
    sweepInterval: sweepInterval, presenceLife: presenceLife)
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let brokers = (0..<count).map {
    BrokerActor(
      configuration: configuration, reactor: reactor, logger: logger, library: libraries[$0 % libraries.count])
  }
  let result: Result<Void, any Error> = await withTaskGroup(of: Void.self) { group in
    for broker in brokers { group.addTask { try? await broker.run() } }
    let result: Result<Void, any Error>
    do { result = .success(try await body(brokers)) } catch { result = .failure(error) }
    group.cancelAll()
    return result
  }
  await reactor.shutdown()
  try result.get()
}

func withBroker(
  url: RedisURL? = nil, site: String? = nil, queues: [String] = ["a"], eventHistory: Int = 10_000,
  commandTimeout: Duration = .seconds(20), commandsUnderway: Int = 4_096, sweepInterval: Duration = .milliseconds(500),
  presenceLife: Duration = BrokerLimits.presenceLife, policy: QueuePolicy = .standard,
  library: FunctionLibrary = .builtIn, _ body: (BrokerActor) async throws -> Void
) async throws {
  try await withBrokers(
    1, url: url, site: site, queues: queues, eventHistory: eventHistory, commandTimeout: commandTimeout,
    commandsUnderway: commandsUnderway, sweepInterval: sweepInterval, presenceLife: presenceLife, policy: policy,
    libraries: [library]
  ) { try await body($0[0]) }
}

/// Makes submissions with new ids.
struct Submitter {
  private var ids = UUIDv7Generator()
  private var random = SystemRandomNumberGenerator()

  mutating func make(
    _ queue: String = "a", priority: Priority = .normal, key: String? = nil, fingerprint: String = "f0",
    submitter: String = "amqp", personal: SealedPersonalData? = nil, requires: SkillSet = .none,
    scheduledFor: Timestamp? = nil
  ) throws -> Submission {
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let id = ids.next(now: now, using: &random)
    return Submission(
      id: id, queue: try queueName(queue), kind: "passport", priority: priority, requires: requires,
      scheduledFor: scheduledFor, personal: personal,
      submitter: submitter, submitterName: submitter, idempotencyKey: key ?? id.rawValue, fingerprint: fingerprint)
  }

  mutating func make(count: Int, _ queue: String = "a") throws -> [Submission] {
    try (0..<count).map { _ in try make(queue) }
  }
}

extension BrokerActor {
  /// Submits one that must be stored.
  nonisolated func store(_ submission: Submission) async throws -> Service {
    let outcome = try await submit([submission]).first
    guard case .stored(let service, _) = outcome else {
      Issue.record("not stored: \(String(describing: outcome))")
      throw BrokerError(.internal, "not stored")
    }
    return service
  }

  /// Submits `count` that must be stored, in order.
  nonisolated func store(_ count: Int, in queue: String = "a") async throws -> [Service] {
    var submitter = Submitter()
    let outcomes = try await submit(try submitter.make(count: count, queue))
    return outcomes.compactMap { if case .stored(let service, _) = $0 { service } else { nil } }
  }

  nonisolated func perform(_ command: Command, _ actor: Principal = anna, key: String? = nil) async throws
    -> CommandAnswer
  {
    try await perform(CommandRequest(command, by: actor, idempotencyKey: key.flatMap { IdempotencyKey($0) }))
  }

  /// The error that the command must end with.
  nonisolated func refusal(_ command: Command, _ actor: Principal = anna, key: String? = nil) async -> BrokerError? {
    do throws(BrokerError) {
      _ = try await perform(CommandRequest(command, by: actor, idempotencyKey: key.flatMap { IdempotencyKey($0) }))
      return nil
    } catch {
      return error
    }
  }
}

let anna = Principal(id: "u1", name: "anna", level: .agent)
let ben = Principal(id: "u2", name: "ben", level: .agent)
let sue = Principal(id: "u9", name: "sue", level: .supervisor)
let producer = Principal(id: "p1", name: "portal", level: .producer)

extension Service {
  var ref: ServiceRef { ServiceRef(id: id, queue: queue) }
}

/// Tries until the condition holds; false after `limit`.
func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async rethrows -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}
