import ServiceQueue
import Testing

@testable import UserStore

@Suite("Partitions of the history, against a real server", .serialized)
struct HistoryPartitionTests {
  static func rows(_ store: UserStoreActor, _ text: String) async throws -> [String] {
    try await store.read(SQLStatement(nil, text)())[0].rows.map { try $0.text(0) }
  }

  /// `TABLE:ROWS` of each partition.
  static func partitions(_ store: UserStoreActor) async throws -> [String: Int64] {
    let names = try await rows(
      store,
      """
      SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent IN ('service_history'::regclass, 'service_events'::regclass) ORDER BY 1
      """)
    var counts: [String: Int64] = [:]
    for name in names {
      counts[name] = try await store.read(SQLStatement(nil, "SELECT count(*) FROM \(name)")())[0].first?.int(0)
    }
    return counts
  }

  static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  static func entry(
    _ number: Int, at moment: Timestamp, version: UInt64 = 1, ended: Bool = false, queue: QueueName = Samples.queue
  ) throws -> OutboxEntry {
    var service = Samples.service(number, version: version, state: ended ? .completed : .waiting, queue: queue)
    service.submittedAt = moment
    if ended { service.endedAt = Timestamp(milliseconds: moment.milliseconds + 60_000) }
    return OutboxEntry(
      id: try #require(OutboxID("1700000000000-\(number)")),
      event: QueueEvent(
        queue: queue, epoch: Samples.epoch, version: UInt64(number) * 10 + version, digest: QueueDigest(), at: moment,
        actor: "bob", change: ended ? .completed(service) : .added(service, from: nil)))
  }

  @Test func theStepMovesWhatThereIs() async throws {
    try await withDatabase { database in
      let store = database.store()
      let before = Schema.migrations.filter { $0.number < Schema.historyPartitions.number }
      _ = try await store.migrate(to: before)
      func insert(_ number: Int, _ submitted: String, ended: String?) -> SQLCall {
        SQLStatement(
          nil,
          """
          INSERT INTO service_history (id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts,
            submitter, order_ticks, submitted_at, claimed_at, started_at, ended_at, personal_key, personal, updated_at)
          SELECT '\(Samples.id(number))', 'front-desk', 'e1', \(number), \(number), 'passport', 4, 'completed', 3, 0, 'amqp',
            1, m, m + interval '90 s', m + interval '100 s', \(ended ?? "NULL"), '\\x01', '\\x02', m
          FROM (SELECT timestamptz '\(submitted)' AS m) AS x
          """)()
      }
      func event(_ version: Int, _ at: String, _ actor: String) -> SQLCall {
        SQLStatement(
          nil,
          """
          INSERT INTO service_events (queue, epoch, version, type, at, actor, service_id, state)
          VALUES ('front-desk', 'e1', \(version), 'service.completed', '\(at)', '\(actor)', '\(Samples.id(version))', 'completed')
          """)()
      }
      _ = try await store.write([
        insert(1, "2025-12-31 23:59:59.999Z", ended: "m + interval '160 s'"),
        insert(2, "2026-01-01 00:00:00Z", ended: nil),
        event(1, "2026-01-01 00:02:40Z", "ann"), event(2, "2026-01-01 00:00:01Z", "bob"),
      ])
      #expect(try await store.migrate() == Schema.migrations.filter { $0.number >= 11 }.map(\.title))
      #expect(
        try await Self.partitions(store) == [
          "service_history_default": 0, "service_events_default": 0, "service_history_2025_12": 1,
          "service_events_2025_12": 0, "service_history_2026_01": 1, "service_events_2026_01": 2,
        ])
      let first = try await store.historyEntry(Samples.id(1))
      #expect(first.endedBy == "ann" && first.waitedMilliseconds == 90_000 && first.servedMilliseconds == 60_000)
      #expect(first.service.personal == SealedPersonalData(wrappedKey: [1], ciphertext: [2]) && first.source == .intake)
      let second = try await store.historyEntry(Samples.id(2))
      #expect(second.endedBy == nil && second.waitedMilliseconds == 90_000 && second.servedMilliseconds == nil)
      await store.shutdown()
    }
  }

  @Test func aBatchMakesItsMonths() async throws {
    try await withStore { store, _ in
      let moments = try ["2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00Z"].map(Self.moment)
      try await store.record([Self.entry(1, at: moments[0]), Self.entry(2, at: moments[1])])
      // Beyond what a batch may ask for: recorded all the same.
      try await store.record([Self.entry(3, at: Timestamp(milliseconds: 0))])
      #expect(
        try await Self.partitions(store) == [
          "service_history_default": 1, "service_events_default": 1, "service_history_2025_12": 1,
          "service_events_2025_12": 1, "service_history_2026_01": 1, "service_events_2026_01": 1,
        ])
    }
  }

  /// Nothing is refused where no partition can be made, and what the default one took goes where it belongs.
  @Test func theDefaultTakesStrays() async throws {
    try await withStore { store, database in
      let moment = try Self.moment("2026-02-03T00:00:00Z")
      _ = try await store.write([
        SQLStatement(nil, "ALTER FUNCTION make_history_month RENAME TO make_no_month")()
      ])
      try await store.record([Self.entry(1, at: moment)])
      #expect(try await Self.partitions(store) == ["service_history_default": 1, "service_events_default": 1])
      _ = try await store.write([
        SQLStatement(nil, "ALTER FUNCTION make_no_month RENAME TO make_history_month")()
      ])
      let other = database.store()
      try await other.record([Self.entry(2, at: moment)])
      #expect(
        try await Self.partitions(store) == [
          "service_history_default": 0, "service_events_default": 0, "service_history_2026_02": 2,
          "service_events_2026_02": 2,
        ])
      // The row that was moved is the same to those who come later.
      try await store.record([Self.entry(1, at: moment, version: 2, ended: true)])
      #expect(try await store.historyEntry(Samples.id(1)).service.state == .completed)
      #expect(try await Self.partitions(store)["service_history_2026_02"] == 2)
      await other.shutdown()
    }
  }

  @Test func nodesMakeMonthsAtOnce() async throws {
    try await withStore { store, database in
      let nodes = (0..<4).map { _ in database.store() }
      let moment = try Self.moment("2026-03-01T00:00:00Z")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (number, node) in nodes.enumerated() {
          group.addTask {
            try await node.makeMonthsAhead()
            try await node.record([Self.entry(number, at: moment)])
          }
        }
        try await group.waitForAll()
      }
      let partitions = try await Self.partitions(store)
      #expect(partitions["service_history_2026_03"] == 4 && partitions.count == 2 + 2 + 6)
      for node in nodes { await node.shutdown() }
    }
  }

  @Test(arguments: ["", "queue", "kind", "state", "submitter", "employee", "ended"])
  func aMonthTouchesItsPartitionAlone(_ filter: String) async throws {
    try await withStore { store, _ in
      for month in ["01", "02", "03"] {
        try await store.record([Self.entry(Int(month)!, at: Self.moment("2026-\(month)-10T00:00:00Z"))])
      }
      let fill = SQLStatement(
        nil,
        """
        INSERT INTO service_history (id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts,
          submitter, assignee_id, assignee_name, order_ticks, submitted_at, ended_at, updated_at)
        SELECT gen_random_uuid(), 'q' || n % 50, 'e1', n, n, 'k' || n % 50, 4,
          CASE WHEN n % 50 = 0 THEN 'dead' ELSE 'completed' END, 1, 0, 'u' || n % 50, 'a' || n % 50, 'n' || n % 50, n, m, m, m
        FROM (SELECT n, timestamptz '2026-02-01 00:00Z' + n * interval '2 min' AS m FROM generate_series(1, 20000) n) AS x
        """)
      _ = try await store.write([fill(), SQLStatement(nil, "ANALYZE service_history")()])
      var query = HistoryQuery(limit: 100)
      query.from = try Self.moment("2026-02-01T00:00:00Z")
      query.to = try Self.moment("2026-03-01T00:00:00Z")
      switch filter {
      case "queue": query.queues = [QueueName("q7")!]
      case "kind": query.kind = "k7"
      case "state": query.state = .dead
      case "submitter": query.submitter = "u7"
      case "employee": query.employee = "n7"
      case "ended": query.order = .ended
      default: break
      }
      let call = HistorySQL.page(query)
      let explain = SQLCall(
        statement: SQLStatement(nil, "EXPLAIN \(call.statement.text)"), parameters: call.parameters)
      let plan = try await store.read(explain)[0].rows.map { try $0.text(0) }.joined(separator: "\n")
      // An end may be in any month: it is the index that finds it.
      guard filter != "ended" else {
        #expect(plan.contains("service_history_2026_02_ended_at"), "\(plan)")
        return
      }
      #expect(plan.contains("Index") && !plan.contains("Seq Scan"), "\(plan)")
      #expect(plan.contains("service_history_2026_02"), "\(plan)")
      for other in ["2026_01", "2026_03", "default"] { #expect(!plan.contains(other), "\(plan)") }
    }
  }
}
