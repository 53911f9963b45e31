import RedisBroker
import ServiceQueue
import Testing

@Suite struct ReadTests {
  @Test func pagesAndFilters() async throws {
    try await withBroker { broker in
      let s = try await broker.store(30)
      let queue = s[0].queue
      for index in stride(from: 0, to: 30, by: 3) { _ = try await broker.perform(.claim(s[index].ref, lease: nil)) }
      func all(_ states: Set<ServiceState>, limit: Int) async throws -> [ServiceID] {
        var ids: [ServiceID] = []
        var cursor: ListCursor?
        repeat {
          let page = try await broker.list(ServiceListQuery(queue: queue, states: states, after: cursor, limit: limit))
          #expect(page.services.count <= limit && page.total == 30 && page.version == 40)
          ids += page.services.map(\.id)
          cursor = page.next
        } while cursor != nil
        return ids
      }
      #expect(try await all([], limit: 8) == s.map(\.id))
      #expect(try await all([.claimed], limit: 3) == stride(from: 0, to: 30, by: 3).map { s[$0].id })
      #expect(try await all([.waiting], limit: 4) == (0..<30).filter { $0 % 3 != 0 }.map { s[$0].id })
      #expect(try await all([.waiting, .claimed], limit: 500) == s.map(\.id))
      #expect(try await all([.completed], limit: 5).isEmpty)
      #expect(try await all([.serving, .completed], limit: 5).isEmpty)
    }
  }

  @Test func aCursorOutlivesItsService() async throws {
    try await withBroker { broker in
      let s = try await broker.store(5)
      let page = try await broker.list(ServiceListQuery(queue: s[0].queue, limit: 2))
      _ = try await broker.perform(.remove(s[1].ref), sue)
      let next = try await broker.list(ServiceListQuery(queue: s[0].queue, after: page.next, limit: 10))
      #expect(next.services.map(\.id) == s[2...].map(\.id) && next.next == nil)
    }
  }

  @Test func limitsAreChecked() async throws {
    try await withBroker { broker in
      let queue = try queueName("a")
      for limit in [0, 501] {
        await #expect { try await broker.list(ServiceListQuery(queue: queue, limit: limit)) } throws: {
          ($0 as? BrokerError)?.code == .invalidArgument
        }
      }
      await #expect { try await broker.snapshot(of: queue, limit: 5_001) } throws: {
        ($0 as? BrokerError)?.code == .invalidArgument
      }
      await #expect { try await broker.events(of: queue, epoch: nil, after: 0, limit: 0) } throws: {
        ($0 as? BrokerError)?.code == .invalidArgument
      }
      await #expect { try await broker.outbox(for: .history, after: nil, limit: 501, wait: .zero) } throws: {
        ($0 as? BrokerError)?.code == .invalidArgument
      }
    }
  }

  @Test func aSnapshotIsTheFirstOfALongQueue() async throws {
    try await withBroker { broker in
      var ids: [ServiceID] = []
      for _ in 0..<3 { ids += try await broker.store(500).map(\.id) }
      let snapshot = try await broker.snapshot(of: queueName("a"), limit: 1_200)
      #expect(snapshot.services.map(\.id) == Array(ids[..<1_200]) && snapshot.summary.total == 1_500)
      #expect(try await broker.snapshot(of: queueName("a"), limit: 0).services.isEmpty)
    }
  }

  @Test func queuesAreMadeOnce() async throws {
    try await withBroker(queues: ["b", "a"]) { broker in
      #expect(try await broker.queues().map(\.queue.rawValue) == ["a", "b"])
      let before = try await broker.queue(queueName("a"))
      #expect(try await broker.createQueue(queueName("c")))
      #expect(try await broker.createQueue(queueName("c")) == false)
      #expect(try await broker.createQueue(queueName("a")) == false)
      #expect(try await broker.queue(queueName("a")) == before)
      #expect(before.version == 0 && before.total == 0 && !before.isPaused && before.digest == QueueDigest())
      #expect(try await broker.queues().map(\.queue.rawValue) == ["a", "b", "c"])
    }
  }

  @Test func eventsInPagesAndWhenTheyAreGone() async throws {
    try await withBroker(eventHistory: 100) { broker in
      let queue = try queueName("a")
      _ = try await broker.store(50)
      let epoch = try await broker.queue(queue).epoch
      guard case .events(let events, epoch, 50) = try await broker.events(of: queue, epoch: epoch, after: 20, limit: 10)
      else {
        Issue.record("no page")
        return
      }
      #expect(events.map(\.version) == Array(21...30) && events.allSatisfy { $0.epoch == epoch && $0.actor == "amqp" })
      #expect(
        try await broker.events(of: queue, epoch: epoch, after: 50, limit: 10)
          == .events([], epoch: epoch, current: 50))
      let gone = EventPage.gone(epoch: epoch, current: 50)
      #expect(try await broker.events(of: queue, epoch: Epoch("other"), after: 20, limit: 10) == gone)
      #expect(try await broker.events(of: queue, epoch: epoch, after: 51, limit: 10) == gone)
      _ = try await broker.store(400)
      #expect(
        try await broker.events(of: queue, epoch: epoch, after: 20, limit: 10) == .gone(epoch: epoch, current: 450))
      guard case .events(let late, _, _) = try await broker.events(of: queue, epoch: epoch, after: 400, limit: 100)
      else {
        Issue.record("the last events are gone")
        return
      }
      #expect(late.count == 50)
    }
  }

  @Test func theOutboxIsReadAcknowledgedAndWaitedFor() async throws {
    try await withBroker { broker in
      let s = try await broker.store(3)
      _ = try await broker.perform(.claim(s[0].ref, lease: nil))
      let first = try await broker.outbox(for: .history, after: nil, limit: 2, wait: .zero)
      #expect(first.map(\.event.version) == [1, 2])
      let second = try await broker.outbox(for: .history, after: first.last?.id, limit: 10, wait: .zero)
      #expect(second.map(\.event.change.type) == ["service.added", "service.claimed"])
      try await broker.acknowledgeOutbox((first + second).map(\.id), for: .history)
      try await broker.acknowledgeOutbox((first + second).map(\.id), for: .history)
      #expect(try await broker.outbox(for: .history, after: nil, limit: 10, wait: .zero).isEmpty)
      #expect(try await broker.outbox(for: .history, after: nil, limit: 10, wait: .milliseconds(50)).isEmpty)

      async let waited = broker.outbox(for: .history, after: nil, limit: 10, wait: .seconds(10))
      try await Task.sleep(for: .milliseconds(100))
      _ = try await broker.perform(.claim(s[1].ref, lease: nil))
      #expect(try await waited.map(\.event.version) == [5])
    }
  }
}
