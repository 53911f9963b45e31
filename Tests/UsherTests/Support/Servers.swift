import FieldEncryption
import Foundation
import Logging
import Reactor
import RedisBroker
import ServiceQueue
import Testing

@testable import UserStore
@testable import usher

struct MissingServer: Error, CustomStringConvertible {
  let variable: String
  var description: String { "\(variable) is not set: it must name a server for tests; ops/test starts one" }
}

/// The Redis and the PostgreSQL that the test environment started, and how a test has its own part of them.
struct Servers: Sendable {
  let history: UserStoreActor
  let reactor: Reactor
  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static func url(_ variable: String) throws -> String {
    guard let url = ProcessInfo.processInfo.environment[variable] else { throw MissingServer(variable: variable) }
    return url
  }

  /// Runs a Broker on a site that no other test has: each is a Redis that is empty, or that has lost everything.
  func withSite<Value: Sendable>(
    _ queues: [QueueName] = [], _ body: @Sendable (BrokerActor) async throws -> Value
  ) async throws -> Value {
    let site = "r" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let broker = BrokerActor(
      configuration: try BrokerConfiguration(
        redisURL: try RedisURL(Self.url("USHER_TEST_REDIS_URL")), site: site, queues: queues),
      reactor: reactor, logger: Self.logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await broker.run() }
      defer { group.cancelAll() }
      // A configured queue is made a moment after the connection.
      for queue in queues { _ = try await broker.createQueue(queue) }
      return try await body(broker)
    }
  }

  /// Brings all that has happened into the history, as the relay does.
  func relay(_ broker: BrokerActor) async throws {
    while true {
      let entries = try await broker.outbox(for: .history, after: nil, limit: BrokerLimits.outbox, wait: .zero)
      guard !entries.isEmpty else { return }
      try await history.record(entries)
      try await broker.acknowledgeOutbox(entries.map(\.id), for: .history)
    }
  }

  /// Tells the history of a change that this Redis knows nothing of, as if it had been restored from an older copy.
  func recordUnknown(_ change: QueueEvent.Change, of queue: QueueSummary) async throws {
    let event = QueueEvent(
      queue: queue.queue, epoch: queue.epoch, version: queue.version + 1, digest: queue.digest,
      at: Timestamp(milliseconds: 1_700_000_000_000), actor: "anna", change: change)
    try await history.record([OutboxEntry(id: OutboxID("1-1")!, event: event)])
  }
}

/// Runs `body` with a migrated schema of its own, and removes it afterwards.
func withServers(_ body: (Servers) async throws -> Void) async throws {
  let base = try Servers.url("USHER_TEST_DATABASE_URL")
  let schema = "r" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
  let reactor = try Reactor(name: "test")
  func store(_ url: String) throws -> UserStoreActor {
    UserStoreActor(
      configuration: UserStoreConfiguration(url: try DatabaseURL(url)), keyset: try AEAD(try Keyset.generate()),
      reactor: reactor, logger: Servers.logger)
  }
  let admin = try store(base)
  let history = try store(base + (base.contains("?") ? "&" : "?") + "options=-c%20search_path%3D\(schema)")
  _ = try await admin.write([SQLStatement(nil, "CREATE SCHEMA \(schema)")()])
  let result: Result<Void, any Error>
  do {
    _ = try await history.migrate()
    result = .success(try await body(Servers(history: history, reactor: reactor)))
  } catch {
    result = .failure(error)
  }
  await history.shutdown()
  _ = try? await admin.write([SQLStatement(nil, "DROP SCHEMA \(schema) CASCADE")()])
  await admin.shutdown()
  await reactor.shutdown()
  try result.get()
}
