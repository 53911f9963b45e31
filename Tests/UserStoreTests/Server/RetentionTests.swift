import ServiceQueue
import Testing

@testable import UserStore

@Suite("Retention of the history, against a real server", .serialized)
struct RetentionTests {
  /// The 10th of the month so many months ago, by PostgreSQL's clock.
  func moment(monthsAgo months: Int, _ store: UserStoreActor) async throws -> Timestamp {
    let text = """
      SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '\(months) months' + interval '9 days') AT TIME ZONE 'UTC'
      """
    return try #require(try await store.read(SQLStatement(nil, text)())[0].first).timestamp(0)
  }

  func audit(_ store: UserStoreActor) async throws -> [String] {
    try await HistoryPartitionTests.rows(
      store, "SELECT action || ' ' || object || ' ' || detail || ' ' || coalesce(actor_id, '-') FROM audit ORDER BY id")
  }

  @Test func oldMonthsGoOpenServicesStay() async throws {
    try await withStore { store, _ in
      typealias Part = HistoryPartitionTests
      let moments = [
        try await moment(monthsAgo: 0, store), try await moment(monthsAgo: 2, store),
        try await moment(monthsAgo: 3, store), try await moment(monthsAgo: 9, store),
      ]
      let other = Samples.roadside
      try await store.record([
        Part.entry(1, at: moments[0], ended: true), Part.entry(2, at: moments[1], ended: true),
        Part.entry(3, at: moments[2], ended: true), Part.entry(4, at: moments[2]),
        Part.entry(5, at: moments[3], ended: true), Part.entry(6, at: moments[3]),
        // Nothing has happened in its queue since: the last version must stay known.
        Part.entry(7, at: moments[3], ended: true, queue: other),
      ])
      let upkeep = HistoryUpkeep(store: store, monthsKept: 2, logger: TestDatabase.quietLogger())
      try await upkeep.round()
      func left() async throws -> [UInt64] {
        try await store.history(HistoryQuery(limit: 100)).entries.map(\.service.ticket).sorted()
      }
      #expect(try await left() == [1, 2, 4, 6])
      let partitions = try await Part.partitions(store)
      #expect(partitions["service_history_default"] == 2 && partitions["service_events_default"] == 3)
      // This month and the next two, and what is kept of the two before.
      #expect(partitions.count == 2 + 2 * 4)
      #expect(try await store.recordedVersion(of: other, in: Samples.epoch) == 71)
      #expect(try await store.life(of: Samples.id(6), skipping: 0, limit: 10).events.count == 1)
      #expect(try await store.openServices(of: Samples.queue, after: nil, limit: 10).map(\.service.ticket) == [4, 6])
      let months = try [moments[3], moments[2]].map { try #require(HistoryMonth(of: $0)).description }
      #expect(try await audit(store) == months.map { "history.drop \($0) {\"months_kept\":2} -" })

      // Another round finds nothing, and writes nothing.
      try await upkeep.round()
      #expect(try await audit(store).count == 2)

      // It ends at last, and goes with the next round.
      try await store.record([Part.entry(6, at: moments[3], version: 2, ended: true)])
      #expect(try await left() == [1, 2, 4, 6])
      try await upkeep.round()
      #expect(try await left() == [1, 2, 4])
      // The last version of each queue is known for ever.
      #expect(
        try await Part.rows(store, "SELECT service_id FROM service_events ORDER BY 1")
          == [1, 2, 4, 6, 7].map { Samples.id($0).rawValue })
      #expect(try await store.recordedVersion(of: Samples.queue, in: Samples.epoch) == 62)
    }
  }

  @Test func withoutASettingEverythingStays() async throws {
    try await withStore { store, _ in
      try await store.record([
        HistoryPartitionTests.entry(1, at: HistoryPartitionTests.moment("2010-05-05T00:00:00Z"), ended: true)
      ])
      try await HistoryUpkeep(store: store, monthsKept: 0, logger: TestDatabase.quietLogger()).round()
      #expect(try await store.history(HistoryQuery(limit: 10)).entries.count == 1)
      #expect(try await audit(store).isEmpty)
    }
  }

  @Test func nodesTakeTurns() async throws {
    try await withStore { store, database in
      for months in 4...6 {
        let moment = try await moment(monthsAgo: months, store)
        try await store.record([HistoryPartitionTests.entry(months, at: moment, ended: true)])
      }
      let nodes = (0..<3).map { _ in database.store() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for node in nodes {
          group.addTask {
            let upkeep = HistoryUpkeep(store: node, monthsKept: 1, logger: TestDatabase.quietLogger())
            // One that waits for a lock for too long comes again.
            for attempt in 0..<5 {
              do throws(UserStoreError) { return try await upkeep.round() } catch {
                guard attempt < 4, error.code == .unavailable else { throw error }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await audit(store).count == 3)
      #expect(try await store.history(HistoryQuery(limit: 10)).entries.isEmpty)
      for node in nodes { await node.shutdown() }
    }
  }
}
