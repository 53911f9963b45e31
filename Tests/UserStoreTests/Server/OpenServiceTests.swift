import ServiceQueue
import Testing

@testable import UserStore

@Suite("Open services in the history, against a real server", .serialized)
struct OpenServiceTests {
  @Test func pagesByIDAndLeavesOutWhatEnded() async throws {
    try await withStore { store, _ in
      var entries = (1...7).map { Samples.entry(UInt64($0), Samples.service($0)) }
      entries.append(Samples.entry(8, Samples.service(8, queue: Samples.roadside)))
      var ended = Samples.service(3, version: 2, state: .completed)
      ended.endedAt = Timestamp(milliseconds: 1_700_000_070_000)
      entries.append(Samples.entry(9, ended) { .completed($0) })
      // A no-show that came after all is open again.
      var absent = Samples.service(4, version: 2, state: .noShow)
      absent.endedAt = ended.endedAt
      entries.append(Samples.entry(10, absent) { .noShow($0) })
      try await store.record(entries)
      try await store.record([Samples.entry(11, Samples.service(4, version: 3)) { .returned($0, .reinstated) }])

      var pages: [[UInt64]] = []
      var last: ServiceID?
      repeat {
        let page = try await store.openServices(of: Samples.queue, after: last, limit: 2)
        pages.append(page.map(\.service.ticket))
        last = page.last?.service.id
      } while last != nil
      #expect(pages == [[1, 2], [4, 5], [6, 7], []])
      for limit in [0, 501] {
        await expectError(.invalidArgument) {
          try await store.openServices(of: Samples.queue, after: nil, limit: limit)
        }
      }
      #expect(
        try await store.openServiceCounts() == [
          OpenServiceCount(queue: Samples.queue, epoch: Samples.epoch, count: 6),
          OpenServiceCount(queue: Samples.roadside, epoch: Samples.epoch, count: 1),
        ])
    }
  }

  @Test func entriesByID() async throws {
    try await withStore { store, _ in
      try await store.record((1...3).map { Samples.entry(UInt64($0), Samples.service($0)) })
      let found = try await store.historyEntries([3, 1, 9].map { Samples.id($0) })
      #expect(Set(found.map(\.service)) == [Samples.service(1), Samples.service(3)])
      #expect(try await store.historyEntries([]).isEmpty)
      await expectError(.invalidArgument) { try await store.historyEntries((0...500).map { Samples.id($0) }) }
    }
  }

  @Test func theHighestVersionOfEachEpoch() async throws {
    try await withStore { store, database in
      #expect(try await store.recordedVersion(of: Samples.queue, in: Samples.epoch) == nil)
      let paused = Samples.entry(12, Samples.service(1), actor: "sue") { _ in .mode(.paused) }
      try await store.record([Samples.entry(11, Samples.service(1)), paused])
      try await store.record(
        Samples.transfer(of: Samples.service(2, version: 2, queue: Samples.roadside), arrived: 7, left: 13))
      #expect(try await store.recordedVersion(of: Samples.queue, in: Samples.epoch) == 13)
      #expect(try await store.recordedVersion(of: Samples.roadside, in: Epoch("e2")!) == 7)
      #expect(try await store.recordedVersion(of: Samples.roadside, in: Samples.epoch) == nil)
      // The change of mode is an event without a service.
      let connection = database.connection()
      let dump = try await database.dump("service_events", over: connection)
      #expect(dump.contains("queue.paused") && dump.contains("sue"))
      await connection.shutdown()
    }
  }

  @Test func aTransferredServiceStandsInItsNewQueue() async throws {
    try await withStore { store, _ in
      let service = Samples.service(1, version: 2, queue: Samples.roadside)
      try await store.record([Samples.entry(1, Samples.service(1))])
      let transfer = Samples.transfer(of: service, arrived: 7, left: 31)
      // In two batches, and the second once more.
      try await store.record([transfer[0]])
      try await store.record([transfer[1]])
      try await store.record(transfer.reversed())
      let entry = try await store.historyEntry(service.id)
      #expect(entry.service == service && entry.epoch.rawValue == "e2" && entry.queueVersion == 7)
      #expect(try await store.openServices(of: Samples.queue, after: nil, limit: 10).isEmpty)
    }
  }
}
