import Logging
import Reactor

@testable import RedisBroker
@testable import ServiceQueue

/// A running Broker on a database of its own, whose functions take the time from a key.
///
/// The Broker's own sweep runs once at its start, when nothing is there, and then after a minute: a rig is not to be used for
/// that long. Sequences sweep by themselves.
struct ModelRig: Sendable {
  let broker: BrokerActor
  let policy: QueuePolicy
  private let keys: KeySpace
  private let clockKey: String

  /// Gives the body a rig in `database` of the Redis, and stops it afterwards.
  ///
  /// - Parameter mutate: Makes another text of that of the functions.
  static func with<Value: Sendable>(
    redisPort port: Int, database: Int, policy: QueuePolicy, mutate: (String) throws -> String = { $0 },
    _ body: (ModelRig) async throws -> Value
  ) async throws -> Value {
    let site = "model-\(database)"
    let keys = KeySpace(site: site)
    let clockKey = keys.prefix + "clock"
    let builtIn = String(decoding: PackageResources.usher_lua, as: UTF8.self)
    let timed = try replacing("redis.call('TIME')", by: "redis.call('HMGET', '\(clockKey)', 's', 'us')", in: builtIn)
    let url = try RedisURL("redis://127.0.0.1:\(port)/\(database)")
    let configuration = try BrokerConfiguration(
      redisURL: url, site: site, policy: policy, commandTimeout: .seconds(30), sweepInterval: .seconds(60))
    let reactor = try Reactor(name: "model-\(database)")
    var logger = Logger(label: "model")
    logger.logLevel = .critical
    let broker = BrokerActor(
      configuration: configuration, reactor: reactor, logger: logger,
      library: FunctionLibrary(template: Array(try mutate(timed).utf8)))
    let rig = ModelRig(broker: broker, policy: policy, keys: keys, clockKey: clockKey)
    let result: Result<Value, any Error> = await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await broker.run() }
      let result: Result<Value, any Error>
      do { result = .success(try await body(rig)) } catch { result = .failure(error) }
      group.cancelAll()
      return result
    }
    await reactor.shutdown()
    return try result.get()
  }

  /// The text with `part`, which must be there, replaced everywhere.
  static func replacing(_ part: String, by other: String, in text: String) throws -> String {
    guard text.contains(part) else { throw BrokerError(.internal, "usher.lua does not contain: \(part)") }
    return text.replacing(part, with: other)
  }

  /// Empties the database and makes the queues anew; tells their epochs.
  func begin(at now: Int64) async throws -> [QueueName: Epoch] {
    _ = try await broker.execute(RedisCommand("FLUSHDB"), named: "flush", effect: .change)
    _ = await send(.clock(now, keys: [], services: []))
    var epochs: [QueueName: Epoch] = [:]
    for queue in Cast.queues {
      guard try await broker.createQueue(queue) else { throw BrokerError(.internal, "the queue is there already") }
      epochs[queue] = try await broker.queue(queue).epoch
    }
    return epochs
  }

  /// Does it in Redis. Calls that are begun in an order reach Redis in that order: none waits before it has sent.
  func send(_ resolved: ResolvedAction) async -> Answer { await send(resolved, on: broker) }

  private func send(_ resolved: ResolvedAction, on broker: isolated BrokerActor) async -> Answer {
    do throws(BrokerError) {
      switch resolved {
      case .nothing: return .nothing
      case .clock(let now, let keys, let services): return await set(now, keys, services, on: broker)
      case .submit(let submissions): return .submitted(try await broker.submit(submissions).map(\.bare))
      case .perform(let request):
        do throws(BrokerError) {
          return .performed([.success(try await broker.perform(request))])
        } catch {
          return .performed([.failure(error.bare)])
        }
      case .performAll(let requests): return .performed(await broker.performAll(requests).map { $0.mapError(\.bare) })
      case .mode(let request):
        do throws(BrokerError) {
          return .mode(.success(try await broker.changeMode(request)))
        } catch {
          return .mode(.failure(error.bare))
        }
      case .sweep(let queue, let most):
        do throws(BrokerError) {
          return .swept(.success(try await broker.sweep(queue, most: most)))
        } catch {
          return .swept(.failure(error.bare))
        }
      case .restore(let services): return .restored(try await broker.restore(services).map(\.bare))
      case .erase(let ids, let queues): return .erased(try await broker.erase(ids, seenIn: queues))
      case .assure(let queue, let version, let epoch):
        do throws(BrokerError) {
          return .assured(.success(try await broker.assure(queue, seen: version, in: epoch)))
        } catch {
          return .assured(.failure(error.bare))
        }
      case .read(let reader, let most, let all):
        let entries = try await broker.outbox(for: reader, after: nil, limit: most, wait: .zero)
        try await broker.acknowledgeOutbox(entries.acknowledged(all: all), for: reader)
        return .read(entries.map(\.event))
      case .dismiss: return .dismissed(try await broker.dismissEventsReader(idleFor: .zero))
      }
    } catch {
      return .failed(error)
    }
  }

  /// Sets the clock. Keys live for a day of Redis' own clock: those whose day has passed by this one are deleted.
  private func set(
    _ now: Int64, _ keys: [RememberedKey], _ services: [ServiceID], on broker: isolated BrokerActor
  ) async -> Answer {
    var commands = [
      RedisCommand("HSET", clockKey, "s", String(now / 1_000), "us", String(now % 1_000 * 1_000 + 999))
    ]
    if !keys.isEmpty || !services.isEmpty {
      var deletion = RedisCommand("DEL")
      for key in keys {
        let kind = key.kind == .command ? "command" : "submit"
        self.keys.appendIdempotency(kind: kind, owner: key.owner, key: key.key, to: &deletion)
      }
      for id in services { self.keys.appendEnded(id, to: &deletion) }
      commands.append(deletion)
    }
    for case .failure(let error) in await broker.executeAll(commands, named: "clock", effect: .change) {
      return .failed(error)
    }
    return .nothing
  }
}
