import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

@Suite("History, against a real server", .serialized)
struct HistoryTests {
  @Test func recordsEveryField() async throws {
    try await withStore { store, database in
      let vault = try FieldVault(keyset: database.keyset)
      let personal = PersonalData(customer: Array(#"{"name":"Ann Secret"}"#.utf8))
      var service = Samples.service(
        1, version: 4, state: .completed, assignee: Assignee(id: "u1", name: "bob"),
        personal: try vault.seal(personal, for: Samples.id(1)))
      service.attempts = 2
      service.startedAt = Timestamp(milliseconds: 1_700_000_050_001)
      service.endedAt = Timestamp(milliseconds: 1_700_000_060_002)
      service.requires = try #require(SkillSet(["towing", "german"], most: 8))
      service.scheduledFor = Timestamp(milliseconds: 1_700_000_040_003)
      service.heldAt = Timestamp(milliseconds: 1_700_000_055_004)
      service.holdUntil = Timestamp(milliseconds: 1_700_000_058_005)
      try await store.record([Samples.entry(9, service) { .completed($0) }])
      let entry = try await store.historyEntry(service.id)
      #expect(entry.service == service && entry.epoch == Samples.epoch && entry.queueVersion == 9)
      #expect(entry.updatedAt == Timestamp(milliseconds: 1_700_000_100_009))
      let sealed = try #require(entry.service.personal)
      #expect(try vault.open(sealed, for: service.id) == personal)
      let connection = database.connection()
      for table in ["service_history", "service_events"] {
        let dump = try await database.dump(table, over: connection)
        #expect(!dump.isEmpty && !dump.contains("Ann") && !dump.contains(UserTests.hex("Ann Secret")))
      }
      await connection.shutdown()
      await expectError(.notFound) { try await store.historyEntry(Samples.id(2)) }
    }
  }

  @Test func idempotentAndForwardOnly() async throws {
    try await withStore { store, database in
      let added = Samples.entry(1, Samples.service(1))
      let done = Samples.entry(2, Samples.service(1, version: 2, state: .completed)) { .completed($0) }
      try await store.record([added, done])
      try await store.record([added])
      try await store.record([done, added])
      #expect(try await store.historyEntry(Samples.id(1)).service.state == .completed)
      let connection = database.connection()
      #expect(try await database.dump("service_events", over: connection).split(separator: "\n").count == 2)
      await connection.shutdown()
      try await store.record([])
      let many = Array(repeating: added, count: BrokerLimits.outbox + 1)
      await expectError(.invalidArgument) { try await store.record(many) }
    }
  }

  @Test func wholeBatchOrNothing() async throws {
    try await withStore { store, _ in
      let good = Samples.entry(1, Samples.service(1))
      let bad = Samples.entry(2, Samples.service(2), actor: "nul\u{0}")
      await expectError(.invalidArgument) { try await store.record([good, bad]) }
      await expectError(.notFound) { try await store.historyEntry(Samples.id(1)) }
    }
  }

  @Test func largestBatch() async throws {
    try await withStore { store, _ in
      let entries = (1...BrokerLimits.outbox).map { Samples.entry(UInt64($0), Samples.service($0)) }
      try await store.record(entries)
      var query = HistoryQuery(limit: 500)
      query.queues = [Samples.queue]
      #expect(try await store.history(query).entries.count == 500)
    }
  }

  @Test func filtersAndPages() async throws {
    try await withStore { store, _ in
      let roadside = QueueName("roadside")!
      let bob = Assignee(id: "u1", name: "bob")
      try await store.record(
        (1...9).map { number in
          Samples.entry(
            UInt64(number),
            Samples.service(
              number, state: number % 3 == 0 ? .completed : .waiting, queue: number > 6 ? roadside : Samples.queue,
              assignee: number % 3 == 0 ? bob : nil))
        })
      func numbers(_ change: (inout HistoryQuery) -> Void) async throws -> [UInt64] {
        var query = HistoryQuery(limit: 500)
        change(&query)
        return try await store.history(query).entries.map(\.service.ticket)
      }
      #expect(try await numbers { _ in } == [9, 8, 7, 6, 5, 4, 3, 2, 1])
      #expect(try await numbers { $0.queues = [roadside] } == [9, 8, 7])
      #expect(try await numbers { $0.queues = [] } == [])
      #expect(try await numbers { $0.employee = "bob" } == [9, 6, 3])
      #expect(try await numbers { $0.employee = "u1" } == [9, 6, 3])
      #expect(try await numbers { $0.employee = "x' OR '1'='1" } == [])
      #expect(try await numbers { $0.state = .completed } == [9, 6, 3])
      #expect(try await numbers { $0.kind = "passport" }.count == 9)
      #expect(try await numbers { $0.kind = "other" } == [])
      #expect(try await numbers { $0.submitter = "amqp" }.count == 9)
      #expect(try await numbers { $0.submitter = "u1" } == [])
      #expect(try await numbers { $0.service = Samples.id(4) } == [4])
      #expect(try await numbers { $0.order = .ended } == [])
      let third = Timestamp(milliseconds: 1_700_000_003_000)
      #expect(try await numbers { $0.to = third } == [2, 1])
      #expect(
        try await numbers {
          $0.from = third; $0.queues = [Samples.queue]; $0.state = .waiting
        } == [5, 4])
      var query = HistoryQuery(limit: 4)
      var pages: [[UInt64]] = []
      repeat {
        let page = try await store.history(query)
        pages.append(page.entries.map(\.service.ticket))
        query.after = page.next
      } while query.after != nil
      #expect(pages == [[9, 8, 7, 6], [5, 4, 3, 2], [1]])
      for limit in [0, 1_001] {
        await expectError(.invalidArgument) { try await store.history(HistoryQuery(limit: limit)) }
      }
    }
  }
}
