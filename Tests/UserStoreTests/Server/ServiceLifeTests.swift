import ServiceQueue
import Testing

@testable import UserStore

@Suite("The life of a service, against a real server", .serialized)
struct ServiceLifeTests {
  @Test func everythingInOrder() async throws {
    try await withStore { store, _ in
      var service = Samples.service(1)
      var entries: [OutboxEntry] = []
      func happens(_ version: UInt64, _ actor: String, _ change: (Service) -> QueueEvent.Change) {
        service.version += entries.isEmpty ? 0 : 1
        let event = QueueEvent(
          queue: service.queue, epoch: Samples.epoch, version: version, digest: QueueDigest(),
          // All within one millisecond, with versions that mean nothing across queues.
          at: Timestamp(milliseconds: 1_700_000_000_000), actor: actor, change: change(service))
        entries.append(OutboxEntry(id: OutboxID("1700000000000-\(entries.count + 1)")!, event: event))
      }
      happens(900, "amqp") { .added($0, from: nil) }
      service.state = .claimed
      happens(901, "ann") { .claimed($0) }
      try await store.record(entries)

      service.version += 1
      service.state = .waiting
      service.queue = Samples.roadside
      try await store.record(Samples.transfer(of: service, arrived: 3, left: 902))
      entries = [entries[0]]
      service.endedAt = Timestamp(milliseconds: 1_700_000_000_000)
      service.state = .cancelled
      happens(4, "sue") { .removed($0) }
      try await store.record([entries[1]])

      let life = try await store.life(of: service.id, skipping: 0, limit: 100)
      #expect(
        life.events.map { "\($0.type) \($0.queue) \($0.version) \($0.actor) \($0.state)" } == [
          "service.added front-desk 900 amqp waiting", "service.claimed front-desk 901 ann claimed",
          "service.transferred front-desk 902 bob waiting", "service.added roadside 3 bob waiting",
          "service.removed roadside 4 sue cancelled",
        ])
      #expect(life.entry.endedBy == "sue" && life.entry.service.queue == Samples.roadside && life.next == nil)
      let pages = try await [
        store.life(of: service.id, skipping: 0, limit: 3), store.life(of: service.id, skipping: 3, limit: 3),
      ]
      #expect(pages.map(\.next) == [3, nil] && pages.flatMap(\.events) == life.events)
      await expectError(.notFound) { try await store.life(of: Samples.id(2), skipping: 0, limit: 3) }
      for limit in [0, 1_001] {
        await expectError(.invalidArgument) { try await store.life(of: service.id, skipping: 0, limit: limit) }
      }
    }
  }

  @Test func whoEndedItAndReinstated() async throws {
    try await withStore { store, _ in
      var service = Samples.service(1, version: 2, state: .noShow)
      service.endedAt = service.submittedAt
      try await store.record([Samples.entry(2, service, actor: "ann") { .noShow($0) }])
      #expect(try await store.historyEntry(service.id).endedBy == "ann")
      try await store.record([
        Samples.entry(3, Samples.service(1, version: 3), actor: "sue") { .returned($0, .reinstated) }
      ])
      #expect(try await store.historyEntry(service.id).endedBy == nil)
      #expect(try await store.historyEntry(service.id).waitedMilliseconds == nil)
    }
  }
}
