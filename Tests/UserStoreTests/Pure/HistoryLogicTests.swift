import ServiceQueue
import Testing

@testable import UserStore

struct MigrationPlanTests {
  static let known = [
    SchemaMigration(number: 1, name: "one", statements: ["SELECT 1"]),
    SchemaMigration(number: 2, name: "two", statements: ["SELECT 2", "SELECT 3"]),
  ]

  func applied(_ index: Int) throws -> MigrationPlan.Applied {
    MigrationPlan.Applied(number: Self.known[index].number, checksum: try Self.known[index].checksum())
  }

  @Test func pendingInOrder() throws {
    #expect(try MigrationPlan.pending(known: Self.known, applied: []).map(\.title) == ["0001-one", "0002-two"])
    #expect(try MigrationPlan.pending(known: Self.known, applied: [applied(0)]).map(\.number) == [2])
    #expect(try MigrationPlan.pending(known: Self.known, applied: [applied(1), applied(0)]).isEmpty)
  }

  @Test func unknownStepIsRefused() throws {
    let foreign = [MigrationPlan.Applied(number: 99, checksum: "x")]
    #expect { try MigrationPlan.pending(known: Self.known, applied: foreign) } throws: { "\($0)".contains("99") }
  }

  @Test func aNewersStepThatThisProgramCanLiveWithIsNoMatter() throws {
    func newer(needs: Int64?) -> MigrationPlan.Applied { MigrationPlan.Applied(number: 3, checksum: "x", needs: needs) }
    for needs in [1, 2] as [Int64] {
      #expect(
        try MigrationPlan.pending(known: Self.known, applied: [applied(0), applied(1), newer(needs: needs)]).isEmpty)
    }
    for needs in [nil, 3] as [Int64?] {
      #expect(throws: UserStoreError.self) {
        try MigrationPlan.pending(known: Self.known, applied: [applied(0), applied(1), newer(needs: needs)])
      }
    }
  }

  @Test func changedStepIsRefused() throws {
    let changed = [MigrationPlan.Applied(number: 1, checksum: "x")]
    #expect { try MigrationPlan.pending(known: Self.known, applied: changed) } throws: { "\($0)".contains("0001-one") }
  }

  @Test func gapIsRefused() throws {
    let later = [try applied(1)]
    #expect(throws: UserStoreError.self) { try MigrationPlan.pending(known: Self.known, applied: later) }
  }

  @Test func sourceIsNumberedWithoutGaps() {
    #expect(Schema.migrations.map(\.number) == Array(1...Int64(Schema.migrations.count)))
  }
}

struct HistorySQLTests {
  @Test func valuesOnlyAsParameters() {
    var query = HistoryQuery(limit: 10)
    query.employee = "x' OR '1'='1"
    query.queues = [Samples.queue]
    query.state = .completed
    query.from = Timestamp(milliseconds: 1)
    query.to = Timestamp(milliseconds: 2)
    query.after = HistoryCursor(moment: Timestamp(milliseconds: 3), id: Samples.id(1))
    let call = HistorySQL.page(query)
    #expect(call.statement.name == "history.page.submitted.q.e.s.f.t.a")
    #expect(!call.statement.text.contains("OR '1'"))
    #expect(call.statement.text.contains("queue = ANY($1)"))
    #expect(call.statement.text.contains("(submitted_at, id) < ($6, $7)"))
    #expect(call.statement.text.hasSuffix("LIMIT $8") && call.parameters.count == 8)
  }

  @Test func noFilter() {
    let call = HistorySQL.page(HistoryQuery(limit: 10))
    #expect(!call.statement.text.contains("WHERE") && call.parameters == [.int(11)])
  }

  @Test func cursors() {
    for order in HistoryQuery.Order.allCases {
      let cursor = HistoryCursor(order: order, moment: Timestamp(milliseconds: -123), id: Samples.id(7))
      #expect(HistoryCursor(text: cursor.text) == cursor)
    }
    for text in ["", "1", "1.", ".x", "a.b", "1.2.3", "e", "ee1.\(Samples.id(7))"] {
      #expect(HistoryCursor(text: text) == nil)
    }
  }
}

struct HistoryBatchTests {
  @Test func keepsTheLatestFormOfEachService() {
    let entries = [
      Samples.entry(1, Samples.service(1)), Samples.entry(2, Samples.service(2)),
      Samples.entry(3, Samples.service(1, version: 3)), Samples.entry(4, Samples.service(1, version: 2)),
    ]
    let batch = HistoryBatch(entries)
    #expect(batch.events.count == 4 && batch.latest.map(\.service.version) == [3, 1])
    #expect(batch.latest[0].event.version == 3)
    #expect(batch.calls.count == 2)
  }

  @Test func changesWithoutServiceAreEventsAlone() {
    let batch = HistoryBatch([Samples.entry(1, Samples.service(1)) { _ in .mode(.paused) }])
    #expect(batch.events.count == 1 && batch.calls.count == 1)
  }

  /// Whichever comes first: the queue that a service went to says where it is.
  @Test(arguments: [false, true])
  func aTransferEndsInTheOtherQueue(_ isReversed: Bool) {
    let entries = Samples.transfer(of: Samples.service(1, version: 2, queue: Samples.roadside), arrived: 7, left: 31)
    let batch = HistoryBatch(isReversed ? entries.reversed() : entries)
    #expect(batch.events.count == 2 && batch.latest.count == 1)
    #expect(batch.latest.first?.event.queue == Samples.roadside && batch.latest.first?.event.version == 7)
  }
}

struct RelayStateTests {
  let id = OutboxID("5-1")!

  @Test func restartsWhenNothingIsRefused() {
    var state = RelayState()
    state.advanced(to: id)
    #expect(state.position == id)
    state.foundNothing()
    #expect(state.position == nil)
  }

  @Test func refusedStayBehind() {
    var state = RelayState()
    #expect(state.refuse(id) == .skipped)
    state.advanced(to: OutboxID("5-9")!)
    state.foundNothing()
    #expect(state.position == OutboxID("5-9") && state.refused == [id])
    for _ in 0..<RelayState.quietReads { state.foundNothing() }
    #expect(state.position == nil && state.refused.isEmpty)
  }

  @Test func tooManyRefusedBeginAgain() {
    var state = RelayState()
    for number in 0..<RelayState.limit { #expect(state.refuse(OutboxID("1-\(number)")!) == .skipped) }
    #expect(state.refuse(OutboxID("1-0")!) == .skipped)
    #expect(state.refuse(id) == .tooMany && state.refused.isEmpty && state.position == nil)
  }
}
