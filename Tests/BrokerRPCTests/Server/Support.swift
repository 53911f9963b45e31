import Foundation
import Logging
import Reactor
import RedisBroker
import ServiceQueue
import Synchronization
import Testing

@testable import BrokerRPC

/// A Broker over the Redis of the test environment, its door on this machine, and a client of it.
struct Rig {
  let local: BrokerActor
  let remote: RemoteBroker
  let door: Door
  let queue: QueueName

  /// A submission with an id of its own.
  func submission(
    _ key: String? = nil, personal: SealedPersonalData? = nil, trace: TraceContext? = nil
  ) -> Submission {
    let id = ServiceID(UUID().uuidString)!
    return Submission(
      id: id, queue: queue, kind: "passport", priority: .normal, personal: personal, submitter: "amqp",
      submitterName: "amqp", idempotencyKey: key ?? id.rawValue, fingerprint: "f0", trace: trace)
  }
}

let anna = Principal(id: "u1", name: "anna", level: .agent)

func quiet() -> Logger {
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  return logger
}

/// A server that can be ended and started again at its port.
final class Door: Sendable {
  private let broker: any Broker
  private let logger: Logger
  private let state = Mutex<(port: Int, task: Task<Void, any Error>?)>((0, nil))

  init(_ broker: any Broker, logger: Logger = quiet()) {
    self.broker = broker
    self.logger = logger
  }

  var port: Int { state.withLock { $0.port } }

  func open() async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = BrokerServer(
      host: "127.0.0.1", port: port, security: .plaintext, broker: broker, isReady: { true }, logger: logger,
      onRunning: { continuation.yield($0) })
    let task = Task {
      defer { continuation.finish() }
      try await server.run()
    }
    for await port in ports {
      state.withLock { $0 = (port, task) }
      return
    }
    try await task.value
  }

  /// At once, as a killed process does.
  func close() async {
    let task = state.withLock { $0.task }
    task?.cancel()
    _ = await task?.result
  }
}

func withRig(
  timeout: Duration = .seconds(5), logger: Logger = quiet(), wrap: (BrokerActor) -> any Broker = { $0 },
  _ body: (Rig) async throws -> Void
) async throws {
  let text = try #require(
    ProcessInfo.processInfo.environment["USHER_TEST_REDIS_URL"],
    "USHER_TEST_REDIS_URL must name a Redis for tests; ops/test starts one")
  let reactor = try Reactor(name: "rpc-test")
  let queue = try #require(QueueName("a"))
  let local = BrokerActor(
    configuration: try BrokerConfiguration(
      redisURL: RedisURL(text), site: "rpc-" + String(UInt64.random(in: 0...UInt64.max), radix: 36), queues: [queue],
      presenceLife: .seconds(5)),
    reactor: reactor, logger: quiet())
  let door = Door(wrap(local), logger: logger)
  let result: Result<Void, any Error> = await withTaskGroup(of: Void.self) { group in
    group.addTask { try? await local.run() }
    let result: Result<Void, any Error>
    do {
      try await door.open()
      let remote = try RemoteBroker(
        RemoteBrokerConfiguration(
          addresses: [BrokerAddress(host: "127.0.0.1", port: door.port)], security: .plaintext,
          commandTimeout: timeout), logger: quiet())
      group.addTask { try? await remote.run() }
      try await body(Rig(local: local, remote: remote, door: door, queue: queue))
      result = .success(())
    } catch {
      result = .failure(error)
    }
    group.cancelAll()
    await door.close()
    return result
  }
  await reactor.shutdown()
  try result.get()
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
