import ServiceQueue
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct RenumberTests {
  private func store(batches: Int, to broker: BrokerActor) async throws -> [Service] {
    var services: [Service] = []
    for _ in 0..<batches { services += try await broker.store(500) }
    return services
  }

  @Test func manyMovesIntoOnePlaceAllSucceed() async throws {
    try await withBroker { broker in
      let s = try await store(batches: 8, to: broker)
      var copy = QueueCopy(try await broker.snapshot(of: s[0].queue, limit: 5_000))
      var seen = copy.version
      var applied = 0
      // The queue's order of what was moved, with the one that it began at in front.
      var moved = [s[2_000].id]
      for mover in 0..<900 {
        let median = (moved.count - 1) / 2
        _ = try await broker.perform(.move(s[mover].ref, to: .after(moved[median])), sue)
        moved.insert(s[mover].id, at: median + 1)
        if mover % 100 == 99 {
          for event in try await broker.allEvents(of: s[0].queue, after: seen) {
            applied += 1
            copy.apply(event, thoroughly: applied % 100 == 0)
            seen = event.version
          }
        }
      }
      #expect(copy.renumberings > 0)
      let snapshot = try await broker.snapshot(of: s[0].queue, limit: 5_000)
      #expect(copy.version == snapshot.summary.version && copy.digest == snapshot.summary.digest)
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
      #expect(copy.sorted == snapshot.services)
      #expect(snapshot.services.map(\.id) == s[900..<2_000].map(\.id) + moved + s[2_001...].map(\.id))
    }
  }

  @Test func whereThereIsNoRoomAtAllItIsSaidSo() async throws {
    try await withBroker { broker in
      let s = try await store(batches: 18, to: broker)
      let queue = s[0].queue
      // Directly one after the other, more than one renumbering may concern.
      var command = RedisCommand("EVAL", Self.closeUp, "3")
      let keys = KeySpace(site: broker.configuration.site)
      for part: KeySpace.Part in [.svc, .live, .wait] { command.append(keys.key(part, of: queue)) }
      _ = try await broker.execute(command, named: "close_up", effect: .change)
      let before = try await broker.queue(queue)
      let error = await broker.refusal(.move(s[0].ref, to: .after(s[4_500].id)), sue)
      #expect(error?.code == .overloaded && error?.message.contains("place") == true)
      #expect(try await broker.queue(queue) == before)
      _ = try await broker.perform(.move(s[0].ref, to: .last), sue)
      // Near an end there is room.
      _ = try await broker.perform(.move(s[1].ref, to: .after(s[3].id)), sue)
      #expect(try await broker.snapshot(of: queue, limit: 3).services.map(\.id) == [s[2].id, s[3].id, s[1].id])
    }
  }

  private static let closeUp = """
    for i, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
      local order = string.format('%.0f', 1000000000 + i)
      local text = string.gsub(redis.call('HGET', KEYS[1], id), '^2\\t%d+', '2\\t' .. order)
      redis.call('HSET', KEYS[1], id, text)
      redis.call('ZADD', KEYS[2], order, id)
      redis.call('ZADD', KEYS[3], order, id)
    end
    """
}
