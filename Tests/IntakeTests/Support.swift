import Foundation
import Logging
import Reactor
import ServiceLifecycle
import ServiceQueue
import Synchronization
import Testing

@testable import Intake

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The RabbitMQ that the tests were given.
func testURL() throws -> AMQPURL {
  guard let text = ProcessInfo.processInfo.environment["USHER_TEST_AMQP_URL"] else {
    throw TestFailure("USHER_TEST_AMQP_URL is not set: these tests need a RabbitMQ; ops/test starts one")
  }
  return try AMQPURL(text)
}

/// Names that no other test has.
func uniqueTopology() -> IntakeTopology {
  let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
  var topology = IntakeTopology()
  topology.exchange = "test.services.\(suffix)"
  topology.queue = "test.intake.\(suffix)"
  topology.deadExchange = "test.dead.\(suffix)"
  topology.deadQueue = "test.dead-letters.\(suffix)"
  return topology
}

extension IntakeTopology {
  /// A changed copy.
  func with(_ change: (inout IntakeTopology) -> Void) -> IntakeTopology {
    var copy = self
    change(&copy)
    return copy
  }
}

/// A connection of the test's own, on a thread of its own: to publish, to read queues and to clean up.
actor Probe {
  nonisolated let reactor: Reactor
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
  let topology: IntakeTopology
  private var connection: AMQPConnection?

  init(reactor: Reactor, topology: IntakeTopology) {
    self.reactor = reactor
    self.topology = topology
  }

  func open() throws {
    let connection = try AMQPConnection.open(try testURL(), options: .init(name: "test probe", heartbeat: 60))
    try connection.declare(topology)
    self.connection = connection
  }

  func raw() throws -> AMQPConnection {
    guard let connection else { throw TestFailure("the probe is not open") }
    return connection
  }

  /// Publishes and waits for all confirms.
  func publish(
    _ messages: [(key: String, properties: MessageProperties, body: String)], to exchange: String? = nil
  ) throws {
    let connection = try raw()
    var window = ConfirmWindow<Void>()
    for message in messages {
      window.published(
        try connection.publish(
          Array(message.body.utf8), properties: message.properties, exchange: exchange ?? topology.exchange,
          routingKey: message.key), ())
    }
    while window.count > 0 {
      for confirm in try connection.drain(wait: .seconds(5)).confirms { _ = window.take(confirm) }
    }
  }

  /// Publishes bare requests with the ids `prefix` + number.
  func publish(_ prefix: String, _ numbers: Range<Int>, queue: String = "front-desk") throws {
    try publish(
      numbers.map { number in
        (
          "service.\(queue).advice", MessageProperties(messageID: "\(prefix)\(number)"),
          #"{"customer":{"name":"N\#(number)"}}"#
        )
      })
  }

  /// Takes what a queue has until `count` have come.
  func take(_ count: Int, from queue: String, within limit: Duration = .seconds(20)) throws -> [Delivery] {
    let connection = try raw()
    let tag = "probe\(UInt32.random(in: 0...UInt32.max))"
    try connection.consume(queue, tag: tag)
    var found: [Delivery] = []
    let end = ContinuousClock.now + limit
    while found.count < count, ContinuousClock.now < end {
      found += try connection.drain(wait: .milliseconds(20)).deliveries
    }
    for delivery in found { try connection.acknowledge(delivery.tag, multiple: false) }
    try connection.cancelConsumer(tag: tag)
    return found
  }

  /// Takes a name as an operation on the dead letters does.
  func lock(_ name: String) throws { try raw().declareExclusiveQueue(name) }

  /// Gives back what a queue delivers, until it delivers no more.
  func giveBack(from queue: String) throws {
    let connection = try raw()
    try connection.consume(queue, tag: "giver")
    var isQuiet = false
    while !isQuiet {
      let deliveries = try connection.drain(wait: .milliseconds(500)).deliveries
      for delivery in deliveries { try connection.giveBack(delivery.tag) }
      isQuiet = deliveries.isEmpty
    }
    try connection.cancelConsumer(tag: "giver")
  }

  /// Ready messages and consumers of a queue.
  func count(of queue: String) throws -> (messages: Int, consumers: Int) { try raw().count(of: queue) }

  /// Makes a queue and an exchange of the same name, bound for everything; the queue refuses what exceeds the limit.
  func declareEvents(_ name: String, limit: Int?) throws {
    let connection = try raw()
    try connection.declareExchange(name)
    try connection.declareBound(name, limit: limit)
  }

  func deleteExchange(_ name: String) throws { try raw().deleteExchange(name) }

  func cleanUp() {
    guard let connection else { return }
    connection.delete(topology)
    connection.close()
    self.connection = nil
  }
}

/// Our own Broker protocol, in memory: only `submit` is used, and it does as it is told.
final class MemoryBroker: Broker {
  struct State {
    var stored: [Submission] = []
    var keys: [String: ServiceID] = [:]
    var calls = 0
    var largestBatch = 0
    var failures: [BrokerError] = []
    var refusals: [String: BrokerError] = [:]
    var isHeld = false
    /// Batches with this key are refused as a whole.
    var poison: String?
    /// Store, then answer as if the connection had broken.
    var storesBeforeFailing = false
    /// What the reader `events` has not acknowledged.
    var outbox: [OutboxEntry] = []
  }

  let state = Mutex(State())
  let delay: Duration

  init(delay: Duration = .zero) { self.delay = delay }

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
  var stored: [Submission] { state.withLock { $0.stored } }
  var largestBatch: Int { state.withLock { $0.largestBatch } }
  /// Outbox entries that are not acknowledged.
  var left: Int { state.withLock { $0.outbox.count } }
  var calls: Int { state.withLock { $0.calls } }

  func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    state.withLock {
      $0.calls += 1
      $0.largestBatch = max($0.largestBatch, submissions.count)
    }
    if delay > .zero { try? await Task.sleep(for: delay) }
    while state.withLock({ $0.isHeld }) {
      guard (try? await Task.sleep(for: .milliseconds(5))) != nil else {
        throw BrokerError(.unavailable, "cancelled")
      }
    }
    let result = state.withLock { state -> Result<[SubmitOutcome], BrokerError> in
      if submissions.contains(where: { $0.idempotencyKey == state.poison }) {
        return .failure(BrokerError(.invalidArgument, "told to refuse"))
      }
      let failure = state.failures.isEmpty ? nil : state.failures.removeFirst()
      if let failure, !state.storesBeforeFailing { return .failure(failure) }
      let outcomes = submissions.map { submission -> SubmitOutcome in
        if let error = state.refusals[submission.queue.rawValue] { return .refused(error) }
        if let id = state.keys[submission.idempotencyKey] { return .duplicate(id) }
        state.keys[submission.idempotencyKey] = submission.id
        state.stored.append(submission)
        return .stored(Self.service(submission), queueVersion: QueueVersion(state.stored.count))
      }
      if let failure { return .failure(failure) }
      return .success(outcomes)
    }
    return try result.get()
  }

  private static func service(_ submission: Submission) -> ServiceQueue.Service {
    ServiceQueue.Service(
      id: submission.id, queue: submission.queue, ticket: 1, kind: submission.kind, priority: submission.priority,
      order: OrderKey(1)!, state: submission.scheduledFor == nil ? .waiting : .scheduled, version: 1, attempts: 0,
      requires: submission.requires, submitter: submission.submitter, submittedAt: Timestamp(milliseconds: 0),
      scheduledFor: submission.scheduledFor)
  }

  private static let unused = BrokerError(.internal, "The intake does not call this")
  func perform(_ request: CommandRequest) async throws(BrokerError) -> CommandAnswer { throw Self.unused }
  func service(_ id: ServiceID) async throws(BrokerError) -> ServiceQueue.Service { throw Self.unused }
  func list(_ query: ServiceListQuery) async throws(BrokerError) -> ServicePage { throw Self.unused }
  func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot { throw Self.unused }
  func events(
    of queue: QueueName, epoch: Epoch?, after version: QueueVersion, limit: Int
  ) async throws(BrokerError) -> EventPage { throw Self.unused }
  func subscribe() async -> EventSubscription { EventSubscription(batches: AsyncStream { $0.finish() }) }
  func queues() async throws(BrokerError) -> [QueueSummary] { throw Self.unused }
  func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary { throw Self.unused }
  func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool { throw Self.unused }
  func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool { throw Self.unused }
  func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence { throw Self.unused }
  func performAll(_ requests: [CommandRequest]) async -> [Result<CommandAnswer, BrokerError>] {
    requests.map { _ in .failure(Self.unused) }
  }
  func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer { throw Self.unused }
  func position(of id: ServiceID) async throws(BrokerError) -> QueuePosition { throw Self.unused }
  func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics { throw Self.unused }
  func restore(_ services: [ServiceQueue.Service]) async throws(BrokerError) -> [RestoreOutcome] { throw Self.unused }
  func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>) async throws(BrokerError) -> Set<ServiceID> {
    throw Self.unused
  }
  func rewriteLog() async throws(BrokerError) -> LogRewrite { throw Self.unused }
  func assure(_ queue: QueueName, seen version: QueueVersion, in epoch: Epoch) async throws(BrokerError) -> Bool {
    throw Self.unused
  }
  func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    let found = state.withLock { state in
      Array(state.outbox.drop { entry in last.map { entry.id <= $0 } ?? false }.prefix(limit))
    }
    if found.isEmpty, wait > .zero { try? await Task.sleep(for: .milliseconds(10)) }
    return found
  }
  func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    guard let newest = ids.max() else { return }
    update { $0.outbox.removeAll { $0.id <= newest } }
  }
}

/// Seals nothing: what it is given comes out as ciphertext, for the tests to look at.
struct OpenVault: PersonalDataVault {
  func seal(_ data: PersonalData, for id: ServiceID) throws -> SealedPersonalData {
    SealedPersonalData(wrappedKey: Array(id.rawValue.utf8), ciphertext: data.customer ?? [])
  }
  func open(_ sealed: SealedPersonalData, for id: ServiceID) throws -> PersonalData {
    PersonalData(customer: sealed.ciphertext)
  }
  func fingerprint(of bytes: [UInt8]) throws -> String { String(decoding: bytes, as: UTF8.self) }
}

func quietLogger() -> Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

/// Waits until something holds.
func eventually(
  within limit: Duration = .seconds(20), _ what: String, _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < end else { throw TestFailure("not in time: \(what)") }
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// A consumer that runs as a service, and is stopped by hand.
struct RunningConsumer {
  let consumer: ConsumerActor
  let group: ServiceGroup
}

/// A probe, a broker and whatever consumers the body starts; everything is stopped and deleted behind it.
func withIntake(
  delay: Duration = .zero, with change: (inout IntakeTopology) -> Void = { _ in },
  _ body: @Sendable @escaping (Probe, MemoryBroker, IntakeTopology) async throws -> Void
) async throws {
  let topology = uniqueTopology().with(change)
  let reactor = try Reactor(name: "probe")
  let probe = Probe(reactor: reactor, topology: topology)
  let result: Result<Void, any Error>
  do {
    try await probe.open()
    result = .success(try await body(probe, MemoryBroker(delay: delay), topology))
  } catch {
    result = .failure(error)
  }
  await probe.cleanUp()
  await reactor.shutdown()
  try result.get()
}

/// Runs a consumer while the body runs, then shuts it down gracefully.
func withConsumer<Value: Sendable>(
  _ topology: IntakeTopology, _ broker: MemoryBroker, prefetch: Int = 500, rules: RuleSet = RuleSet(),
  url: AMQPURL? = nil, grace: Duration = .seconds(10), heartbeat: Int = 15,
  _ body: @Sendable @escaping (RunningConsumer) async throws -> Value
) async throws -> Value {
  let reactor = try Reactor(name: "intake")
  var configuration = IntakeConfiguration(
    url: try url ?? testURL(), topology: topology, prefetch: prefetch, heartbeat: heartbeat)
  configuration.shutdownGrace = grace
  let logger = quietLogger()
  let consumer = ConsumerActor(
    configuration: configuration, broker: broker, vault: OpenVault(), rules: rules, reactor: reactor, logger: logger)
  let group = ServiceGroup(configuration: .init(services: [consumer], logger: logger))
  let result: Result<Value, any Error> = await withTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try? await group.run() }
    let result: Result<Value, any Error>
    do {
      result = .success(try await body(RunningConsumer(consumer: consumer, group: group)))
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    await tasks.waitForAll()
    return result
  }
  await reactor.shutdown()
  return try result.get()
}
