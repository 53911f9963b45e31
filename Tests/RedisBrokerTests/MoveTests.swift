import RedisBroker
import ServiceQueue
import Testing

@Suite struct MoveTests {
  private func order(_ broker: BrokerActor) async throws -> [ServiceID] {
    try await broker.snapshot(of: queueName("a"), limit: 5_000).services.map(\.id)
  }

  @Test func toEachPlace() async throws {
    try await withBroker { broker in
      let s = try await broker.store(4)
      let id = s.map(\.id)
      let cases: [(Int, MoveTarget, [Int])] = [
        (3, .first, [3, 0, 1, 2]), (3, .last, [0, 1, 2, 3]), (0, .after(id[2]), [1, 2, 0, 3]),
        (3, .before(id[2]), [1, 3, 2, 0]), (1, .after(id[3]), [3, 1, 2, 0]), (1, .after(id[3]), [3, 1, 2, 0]),
        (0, .last, [3, 1, 2, 0]), (3, .first, [3, 1, 2, 0]), (2, .before(id[0]), [3, 1, 2, 0]),
      ]
      for (index, (mover, target, expected)) in cases.enumerated() {
        let answer = try await broker.perform(.move(s[mover].ref, to: target), sue)
        #expect(answer.queueVersion == UInt64(5 + index))
        #expect(try await order(broker) == expected.map { id[$0] })
      }
      let snapshot = try await broker.snapshot(of: s[0].queue, limit: 10)
      #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
    }
  }

  @Test func theOnlyOneStaysWhereItIs() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      for target in [MoveTarget.first, .last] {
        #expect(try await broker.perform(.move(service.ref, to: target), sue).service.order == service.order)
      }
    }
  }

  @Test func whereThereIsNoSuchPlace() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let service = try await broker.store(1)[0]
      let elsewhere = try await broker.store(1, in: "b")[0]
      for target in [MoveTarget.before(service.id), .after(service.id), .before(elsewhere.id), .after(elsewhere.id)] {
        #expect(await broker.refusal(.move(service.ref, to: target), sue)?.code == .badTarget)
      }
      #expect(try await broker.queue(service.queue).version == 1)
    }
  }

  @Test func aGapThatIsUsedUpIsRenumberedInABoundedWindow() async throws {
    try await withBroker { broker in
      // One millisecond's arrivals stand 8 apart: the fourth move between two neighbours finds no room.
      let s = try await broker.store(1_000 / 2)
      var copy = QueueCopy(try await broker.snapshot(of: s[0].queue, limit: 5_000))
      let start = copy.version
      for mover in 300..<340 {
        _ = try await broker.perform(.move(s[mover].ref, to: .after(s[200].id)), sue)
      }
      for event in try await broker.allEvents(of: s[0].queue, after: start) { copy.apply(event) }
      #expect(copy.renumberings > 0)
      let snapshot = try await broker.snapshot(of: s[0].queue, limit: 5_000)
      #expect(copy.sorted == snapshot.services && copy.digest == snapshot.summary.digest)
      let expected = Array(0...200) + (300..<340).reversed() + Array(201..<300) + Array(340..<500)
      #expect(snapshot.services.map(\.id) == expected.map { s[$0].id })
    }
  }

  @Test func renumberingAtTheEndsOfTheQueue() async throws {
    try await withBroker { broker in
      let s = try await broker.store(6)
      var copy = QueueCopy(try await broker.snapshot(of: s[0].queue, limit: 10))
      let start = copy.version
      // The two take turns directly behind the first, and then directly before the last.
      for turn in 0..<60 {
        _ = try await broker.perform(.move(s[2 + turn % 2].ref, to: .after(s[0].id)), sue)
      }
      for turn in 0..<60 {
        _ = try await broker.perform(.move(s[2 + turn % 2].ref, to: .before(s[5].id)), sue)
      }
      for event in try await broker.allEvents(of: s[0].queue, after: start) { copy.apply(event) }
      #expect(copy.renumberings > 1)
      #expect(copy.sorted.map(\.id) == [0, 1, 4, 2, 3, 5].map { s[$0].id })
    }
  }
}
