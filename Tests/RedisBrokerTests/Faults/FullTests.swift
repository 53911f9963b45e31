import RedisBroker
import ServiceQueue
import Testing

/// Redis has no room any more: for its data, or for its files.
@Suite(.timeLimit(.minutes(1))) struct FullTests {
  @Test func withoutMemoryChangesAreRefusedAndQuestionsAnswered() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url) { broker in
      let service = try await broker.store(1)[0]
      try redis.control().send("CONFIG", "SET", "maxmemory", "1mb")
      let refusal = await broker.refusal(.claim(service.ref, lease: nil), key: "k")
      #expect(refusal?.code == .unavailable && refusal?.changedNothing == true)
      #expect(try await broker.snapshot(of: service.queue, limit: 10).services == [service])
      // Another Broker that starts now can ask, too.
      try await withBroker(url: redis.url) { late in
        let queues = try await late.queues()
        #expect(queues.isEmpty)
      }
      try redis.control().send("CONFIG", "SET", "maxmemory", "0")
      // Nothing was remembered of the refusal.
      #expect(try await broker.perform(.claim(service.ref, lease: nil), key: "k").isReplay == false)
    }
  }

  /// Submits one after another until one is not stored; answers the ids of those that were.
  private func fill(_ broker: BrokerActor, upTo most: Int) async throws -> (Set<ServiceID>, BrokerError?) {
    var submitter = Submitter()
    var stored: Set<ServiceID> = []
    for _ in 0..<most {
      let item = try submitter.make()
      do throws(BrokerError) {
        if case .stored(let service, _)? = try await broker.submit([item]).first { stored.insert(service.id) }
      } catch {
        return (stored, error)
      }
    }
    return (stored, nil)
  }

  @Test func aFullDiskRefusesChangesUntilThereIsRoom() async throws {
    let redis = try PrivateRedis(["appendonly yes", "appendfsync everysec"])
    try await withBroker(url: redis.url, commandTimeout: .seconds(2)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      _ = try await broker.store(1)
      try redis.limitFiles(to: redis.appendedBytes() + 4_000)
      let (stored, error) = try await fill(broker, upTo: 100_000)
      #expect(error?.code == .unavailable)
      #expect(try await broker.queue(queueName("a")).total >= 1 + stored.count)
      try redis.limitFiles(to: nil)
      #expect(await eventually { (try? await broker.store(1)) != nil })
      let snapshot = try await broker.snapshot(of: queueName("a"), limit: 5_000)
      #expect(stored.isSubset(of: snapshot.services.map(\.id)))
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
    }
  }

  /// With `appendfsync always` Redis ends itself rather than acknowledge what it cannot write.
  @Test func whatWasAcknowledgedBeforeTheDiskWasFullIsThere() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url, commandTimeout: .seconds(1)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      _ = try await broker.store(1)
      try redis.limitFiles(to: redis.appendedBytes() + 20_000)
      let (stored, error) = try await fill(broker, upTo: 10_000)
      #expect(error?.code == .outcomeUnknown || error?.code == .unavailable)
      #expect(await eventually { !redis.isRunning })
      try redis.start()
      #expect(await eventually { (try? await broker.store(1)) != nil })
      let snapshot = try await broker.snapshot(of: queueName("a"), limit: 5_000)
      #expect(stored.isSubset(of: snapshot.services.map(\.id)) && !stored.isEmpty)
      #expect(snapshot.summary.version == UInt64(snapshot.services.count))
    }
  }
}
