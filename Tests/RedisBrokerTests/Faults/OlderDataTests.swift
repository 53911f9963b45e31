import ServiceQueue
import Testing

@testable import RedisBroker

/// Redis comes back with older data than what was seen. Then a new epoch begins before anything else changes, and everyone who
/// follows the events is told.
@Suite(.timeLimit(.minutes(1))) struct OlderDataTests {
  @Test func anOlderCopyOfTheDataIsRestored() async throws {
    let redis = try PrivateRedis()
    try await expectANewEpoch(on: redis.url) { brokers in
      _ = try await brokers[0].store(5)
      redis.freeze()
      try redis.backUp()
      redis.thaw()
    } fallBack: {
      try redis.restore()
    }
  }

  @Test func theReplicaThatTakesOverWasBehind() async throws {
    let first = try PrivateRedis()
    let second = try PrivateRedis(["appendonly yes", "appendfsync always", "replicaof 127.0.0.1 \(first.port)"])
    try await expectANewEpoch(on: first.url) { brokers in
      _ = try await brokers[0].store(5)
      let control = try second.control()
      #expect(
        await eventually {
          guard case .string(let info) = try? control.send("INFO", "replication") else { return false }
          return String(decoding: info, as: UTF8.self).contains("master_link_status:up")
        })
      #expect(try first.control().send("WAIT", "1", "5000") == .integer(1))
      try control.send("REPLICAOF", "NO", "ONE")
    } fallBack: {
      first.kill()
      try second.control().send("CONFIG", "SET", "port", "\(first.port)")
    }
  }

  /// `prepare` changes something and keeps it aside; more changes follow and are lost by `fallBack`.
  private func expectANewEpoch(
    on url: RedisURL, prepare: ([BrokerActor]) async throws -> Void, fallBack: () throws -> Void
  ) async throws {
    let queue = try queueName("a")
    try await withBrokers(2, url: url, commandTimeout: .seconds(3), sweepInterval: .milliseconds(100)) { brokers in
      for broker in brokers { #expect(await eventually { await broker.health().isConnected }) }
      let watchers = brokers.map { Watcher("w", on: $0) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for watcher in watchers { group.addTask { await watcher.run([queue]) } }
        try await prepare(brokers)
        let before = try await brokers[0].queue(queue)
        _ = try await brokers[1].store(7)
        let lost = try await brokers[1].queue(queue)
        #expect(await eventually { watchers.allSatisfy { $0.version(of: queue) == lost.version } })
        try fallBack()
        // Both change something as soon as they can.
        async let one = storeOne(brokers[0])
        async let other = storeOne(brokers[1])
        _ = try await (one, other)
        let after = try await brokers[0].queue(queue)
        #expect(after.epoch != before.epoch && after.version == before.version + 2)
        #expect(
          try await brokers[0].events(of: queue, epoch: before.epoch, after: before.version, limit: 10)
            == .gone(epoch: after.epoch, current: after.version))
        // No version of the old epoch tells two things, and the new events are of the new one.
        if case .events(let events, _, _) = try await brokers[0].events(
          of: queue, epoch: after.epoch, after: before.version, limit: 10)
        {
          #expect(events.map(\.version) == [before.version + 1, before.version + 2])
          #expect(events.allSatisfy { $0.epoch == after.epoch })
        }
        #expect(await eventually { watchers.allSatisfy { $0.version(of: queue) == after.version } })
        for watcher in watchers { try expectContinuity(watcher.observer, queue, to: after) }
        group.cancelAll()
      }
    }
  }

  private func storeOne(_ broker: BrokerActor) async throws {
    var submitter = Submitter()
    let item = try submitter.make()
    #expect(await eventually { (try? await broker.submit([item])) != nil })
  }

  /// A reset stands before the first event of the new epoch, and the copy that was begun then is the queue.
  private func expectContinuity(_ observer: Observer, _ queue: QueueName, to after: QueueSummary) throws {
    var history = History()
    history.observers = [observer]
    #expect(HistoryChecker.observerAnomalies(of: history) == [])
    let reset = observer.items.lastIndex { if case .reset = $0 { true } else { false } }
    #expect(reset != nil)
  }
}
