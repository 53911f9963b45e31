import ServiceQueue
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct EpochTests {
  @Test func aQueueThatIsBehindGetsANewEpoch() async throws {
    try await withBroker { broker in
      _ = try await broker.store(3)
      let queue = try queueName("a")
      let before = try await broker.queue(queue)
      #expect(try await broker.assure(queue, seen: 3, in: before.epoch) == false)
      #expect(try await broker.assure(queue, seen: 9, in: try #require(Epoch("other"))) == false)
      #expect(try await broker.assure(queue, seen: 4, in: before.epoch))
      let after = try await broker.queue(queue)
      #expect(after.epoch != before.epoch && after.version == 3 && after.digest == before.digest && after.total == 3)
      #expect(try await broker.assure(queue, seen: 4, in: before.epoch) == false)
      let page = try await broker.events(of: queue, epoch: before.epoch, after: 2, limit: 10)
      #expect(page == .gone(epoch: after.epoch, current: 3))
      #expect(
        try await broker.events(of: queue, epoch: nil, after: 2, limit: 10) == .gone(epoch: after.epoch, current: 3))
      _ = try await broker.store(1)
      guard
        case .events(let events, after.epoch, 4) = try await broker.events(
          of: queue, epoch: after.epoch, after: 3, limit: 10)
      else {
        Issue.record("no events")
        return
      }
      #expect(events.map(\.version) == [4])
      await #expect { try await broker.assure(try queueName("nowhere"), seen: 4, in: before.epoch) } throws: {
        ($0 as? BrokerError)?.code == .unknownQueue
      }
    }
  }

  @Test func followersAreToldOnceAndGoOn() async throws {
    try await withBrokers(2) { brokers in
      for broker in brokers { try await follow(broker) }
      let queue = try queueName("a")
      let before = try await brokers[0].queue(queue)
      let subscriptions = [await brokers[0].subscribe(), await brokers[1].subscribe()]
      #expect(try await brokers[0].assure(queue, seen: 50, in: before.epoch))
      _ = try await brokers[0].store(3)
      for subscription in subscriptions {
        var resets = 0
        var versions: [QueueVersion] = []
        for await batch in subscription.batches {
          switch batch {
          case .reset: resets += 1
          case .events(let events): versions += events.filter { $0.epoch != before.epoch }.map(\.version)
          case .presence: continue
          }
          if versions.count == 3 { break }
        }
        #expect(resets == 1 && versions == [3, 4, 5])
      }
    }
  }

  @Test func aBrokerThatHasSeenMoreSaysSoBeforeItWrites() async throws {
    let redis = try PrivateRedis(["appendonly no"])
    try await withBroker(url: redis.url) { broker in
      let queue = try queueName("a")
      let services = try await broker.store(2)
      let before = try await broker.queue(queue)
      // As if Redis had been restored to an older state.
      let meta = KeySpace(site: broker.configuration.site).key(.meta, of: queue)
      _ = try await broker.execute(RedisCommand("HSET", meta, "version", "1"), named: "restore", effect: .change)
      _ = try? await broker.execute(
        RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), named: "kill", effect: .wait)
      _ = try await broker.perform(.claim(services[0].ref, lease: nil))
      let after = try await broker.queue(queue)
      #expect(after.epoch != before.epoch && after.version == 2)
    }
  }
}

@Suite struct SeenVersionsTests {
  private let a = QueueName("a")!
  private let old = Epoch("old")!
  private let new = Epoch("new")!

  @Test func theHighestOfTheLastEpochIsKept() {
    let seen = SeenVersions()
    seen.note(a, old, 5)
    seen.note(a, old, 3)
    #expect(seen.places[a] == .init(epoch: old, version: 5))
    #expect(seen.place(aheadOf: .init(epoch: old, version: 4), of: a)?.version == 5)
    #expect(seen.place(aheadOf: .init(epoch: old, version: 5), of: a) == nil)
    #expect(seen.place(aheadOf: .init(epoch: new, version: 4), of: a) == nil)
    let answer = RedisReply(
      parts: [
        .init(kind: .array, start: 0, count: 3), .init(kind: .string, start: 0, count: 3),
        .init(kind: .null, start: 3, count: 0), .init(kind: .string, start: 3, count: 3),
      ], bytes: Array("oldnew".utf8))
    seen.note(a, epochIn: answer, at: 0, version: 7)
    seen.note(a, epochIn: answer, at: 1, version: 9)
    seen.note(a, epochIn: answer, at: 3, version: 9)
    #expect(seen.places[a]?.version == 7)
    seen.note(a, epochIn: answer, at: 2, version: 1)
    #expect(seen.places[a] == .init(epoch: new, version: 1))
  }
}
