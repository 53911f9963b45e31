import Foundation
import Logging
import Reactor
import ServiceLifecycle
import ServiceQueue
import Testing

@testable import RedisBroker

/// What was acknowledged so far.
private actor Acknowledged {
  private(set) var ids: Set<ServiceID> = []
  func insert(_ id: ServiceID) { ids.insert(id) }
}

@Suite(.timeLimit(.minutes(1))) struct FaultTests {
  /// Submits one after another under fixed keys, each until it is acknowledged.
  private func submitUntilAcknowledged(_ submission: Submission, to broker: BrokerActor) async -> ServiceID? {
    for _ in 0..<200 {
      do throws(BrokerError) {
        switch try await broker.submit([submission]).first {
        case .stored(let service, _): return service.id
        case .duplicate(let id): return id
        case .refused, nil: return nil
        }
      } catch {
        guard error.code == .unavailable || error.code == .outcomeUnknown else { return nil }
      }
    }
    return nil
  }

  @Test func whatWasAcknowledgedIsThereOnceAfterRedisWasKilled() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(2)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let acknowledged = Acknowledged()
      var submitter = Submitter()
      let all = try submitter.make(count: 1_500)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<10 {
          group.addTask {
            for number in stride(from: lane, to: all.count, by: 10) {
              let id = await submitUntilAcknowledged(all[number], to: broker)
              #expect(id == all[number].id)
              if let id { await acknowledged.insert(id) }
            }
          }
        }
        for limit in [300, 800] {
          _ = await eventually { await acknowledged.ids.count > limit }
          redis.kill()
          try await Task.sleep(for: .milliseconds(150))
          try redis.start()
        }
      }
      let snapshot = try await broker.snapshot(of: queueName("a"), limit: 5_000)
      #expect(await acknowledged.ids == Set(snapshot.services.map(\.id)))
      #expect(snapshot.services.count == 1_500 && snapshot.summary.version == 1_500)
      #expect(Set(snapshot.services.map(\.ticket)) == Set(1...1_500))
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
    }
  }

  @Test func subscribersGoOnAfterRedisCameBack() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url) { broker in
      try await follow(broker)
      let subscription = await broker.subscribe()
      _ = try await broker.store(2)
      redis.kill()
      try redis.start()
      _ = try await broker.store(2)
      var versions: [QueueVersion] = []
      for await batch in subscription.batches {
        guard case .events(let events) = batch else {
          Issue.record("a reset")
          break
        }
        versions += events.map(\.version)
        if versions.last == 5 { break }
      }
      #expect(versions.drop { $0 == 1 } == [2, 3, 4, 5])
    }
  }

  @Test func anEmptiedRedisIsANewEpoch() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, sweepInterval: .milliseconds(50)) { broker in
      try await follow(broker)
      let subscription = await broker.subscribe()
      let queue = try queueName("a")
      let before = try await broker.queue(queue)
      _ = try await broker.execute(RedisCommand("FLUSHALL"), named: "flush", effect: .question)
      #expect(await eventually { (try? await broker.queue(queue)) != nil })
      let after = try await broker.queue(queue)
      #expect(after.epoch != before.epoch && after.version == 0)
      var wasReset = false
      for await batch in subscription.batches {
        if case .reset(queue) = batch {
          wasReset = true
          break
        }
      }
      #expect(wasReset)
      let page = try await broker.events(of: queue, epoch: before.epoch, after: 1, limit: 10)
      #expect(page == .gone(epoch: after.epoch, current: 0))
      // What comes now is told with the new epoch.
      _ = try await broker.store(1)
      reading: for await batch in subscription.batches {
        if case .events(let events) = batch {
          #expect(events.map(\.version) == [1] && events[0].epoch == after.epoch)
          break reading
        }
      }
    }
  }

  /// A client that is told to start again does so at once, and does not come back if there is nothing.
  @Test func whoIsToldToStartAgainFindsTheQueue() async throws {
    let redis = try PrivateRedis()
    // Longer than the test: nobody else makes the queue.
    try await withBroker(url: redis.url, sweepInterval: .seconds(60)) { broker in
      try await follow(broker)
      let subscription = await broker.subscribe()
      let queue = try queueName("a")
      _ = try await broker.execute(RedisCommand("FLUSHALL"), named: "flush", effect: .question)
      for await batch in subscription.batches {
        if case .reset(queue) = batch { break }
      }
      #expect(try await broker.snapshot(of: queue, limit: 1).summary.version == 0)
    }
  }

  @Test func functionsThatWereLostAreLoadedAgain() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url) { broker in
      _ = try await broker.store(1)
      _ = try await broker.execute(RedisCommand("FUNCTION", "FLUSH"), named: "flush", effect: .question)
      _ = try await broker.store(1)
      #expect(try await broker.queue(queueName("a")).total == 2)
    }
  }

  @Test func withoutRedisCallsEndInTimeAndAreBounded() async throws {
    let nowhere = try RedisURL("redis://127.0.0.1:1")
    try await withBroker(url: nowhere, commandTimeout: .milliseconds(300), commandsUnderway: 5) { broker in
      let began = ContinuousClock.now
      let codes = await withTaskGroup(of: BrokerError.Code?.self) { group in
        for _ in 0..<8 { group.addTask { await broker.refusal(.claimNext(QueueName("a")!, lease: nil))?.code } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.count { $0 == .unavailable } == 5 && codes.count { $0 == .overloaded } == 3)
      #expect(ContinuousClock.now - began < .seconds(15))
      let health = await broker.health()
      #expect(!health.isConnected && health.lastFailure != nil)
    }
  }

  @Test func aFrozenRedisIsAnUnknownOutcomeAndThenGoesOn() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .milliseconds(400)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let service = try await broker.store(1)[0]
      redis.freeze()
      #expect(await broker.refusal(.claim(service.ref, lease: nil), key: "k")?.code == .outcomeUnknown)
      redis.thaw()
      // The first attempt may have been carried out by now: the same key answers either way.
      #expect(await eventually { await broker.refusal(.claim(service.ref, lease: nil), key: "k") == nil })
      let now = try await broker.service(service.id)
      #expect(now.state == .claimed && now.version == 2)
    }
  }

  @Test func aPasswordIsUsedAndAWrongOneIsSaid() async throws {
    let redis = try PrivateRedis(password: "s3cret/%")
    let address = redis.url.description.split(separator: "@")[1]
    try await withBroker(url: redis.url) { broker in
      #expect(await eventually { await broker.health().isConnected })
    }
    try await withBroker(url: try RedisURL("redis://:wrong@\(address)")) { broker in
      #expect(await eventually { await broker.health().lastFailure?.hasPrefix("WRONGPASS") == true })
    }
  }

  @Test func aHostNameIsResolved() async throws {
    let redis = try PrivateRedis()
    let port = redis.url.description.split(separator: ":").last ?? ""
    try await withBroker(url: try RedisURL("redis://localhost:\(port)")) { broker in
      _ = try await broker.store(1)
    }
    try await withBroker(url: try RedisURL("redis://no-such-host.invalid")) { broker in
      #expect(await eventually { await broker.health().lastFailure?.contains("address") == true })
    }
  }

  @Test func aUnixSocket() async throws {
    let path = "/tmp/\(unique("usher")).sock"
    let redis = try PrivateRedis(["unixsocket \(path)"])
    try await withBroker(url: try RedisURL("unix://\(path)")) { broker in
      _ = try await broker.store(1)
    }
    _ = redis
  }

  @Test func gracefulShutdownEndsIt() async throws {
    let reactor = try Reactor(name: "broker-test")
    let configuration = try BrokerConfiguration(redisURL: testRedisURL(), site: unique("t"), queues: [queueName("a")])
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let broker = BrokerActor(configuration: configuration, reactor: reactor, logger: logger)
    let group = ServiceGroup(services: [broker], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let services = try await broker.store(1)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      #expect(await broker.refusal(.claim(services[0].ref, lease: nil))?.code == .unavailable)
    }
    await reactor.shutdown()
    await #expect(throws: BrokerError.self) { try await broker.run() }
  }

  @Test func weakDurabilityIsWarnedOf() async throws {
    let redis = try PrivateRedis(["appendonly no", "maxmemory-policy allkeys-lru"])
    try await withBroker(url: redis.url, sweepInterval: .milliseconds(50)) { broker in
      #expect(await eventually { await broker.health().warnings.count == 2 })
    }
  }

  @Test func aFullRedisRefusesChangesAndAnswersQuestions() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url) { broker in
      let service = try await broker.store(1)[0]
      _ = try await broker.execute(
        RedisCommand("CONFIG", "SET", "maxmemory", "1mb"), named: "config", effect: .question)
      #expect(await broker.refusal(.claim(service.ref, lease: nil))?.code == .unavailable)
      #expect(try await broker.snapshot(of: service.queue, limit: 10).services == [service])
      // Another Broker that starts now can ask, too.
      try await withBroker(url: redis.url) { late in
        let queues = try await late.queues()
        #expect(queues.isEmpty)
      }
    }
  }
}
