import ServiceQueue
import Testing

@testable import UserStore

@Suite("The audit, against a real server", .serialized)
struct AuditTests {
  private static let alice = AuditEntry.Actor(id: "a-1", name: "alice")

  private static func entry(_ action: String, _ object: String? = nil, actor: AuditEntry.Actor? = alice) -> AuditEntry {
    AuditEntry(
      action: action, actor: actor, object: object, detail: Array(#"{"täst": [1, "x;y"]}"#.utf8), address: "127.0.0.1",
      requestID: "r-1")
  }

  private static func run(_ text: String, in store: UserStoreActor) async throws(SQLFailure) -> [SQLResult] {
    try await store.write([SQLStatement(nil, text)()])
  }

  /// Expects that PostgreSQL refuses the statement.
  private static func expectRefusal(
    _ text: String, in store: UserStoreActor, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    do {
      _ = try await run(text, in: store)
      Issue.record("not refused: \(text)", sourceLocation: sourceLocation)
    } catch {
      #expect(error.isRefusal("42501"), "\(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func pagesAndFilters() async throws {
    try await withStore { store, _ in
      let bob = AuditEntry.Actor(id: "b-2", name: "bob")
      for number in 1...7 { try await store.record(Self.entry("user.create", "u-\(number)")) }
      try await store.record(Self.entry("user.change", "u-1", actor: bob))
      try await store.record(Self.entry("users.export", nil, actor: bob))
      try await store.record(AuditEntry(action: "queue.repair", actor: nil))

      func ids(_ change: (inout AuditQuery) -> Void) async throws -> [Int64] {
        var query = AuditQuery(limit: 500)
        change(&query)
        return try await store.auditPage(query).entries.map(\.id)
      }
      #expect(try await ids { _ in } == Array((1...10).reversed()))
      #expect(try await ids { $0.action = .exactly("user.create") } == Array((1...7).reversed()))
      #expect(try await ids { $0.action = .beginning("user.") } == Array((1...8).reversed()))
      #expect(try await ids { $0.actor = "bob" } == [9, 8])
      #expect(try await ids { $0.actor = "b-2" } == [9, 8])
      #expect(try await ids { $0.object = "u-1" } == [8, 1])
      #expect(
        try await ids {
          $0.object = "u-1"; $0.actor = "alice"; $0.action = .beginning("user.")
        } == [1])

      let all = try await store.auditPage(AuditQuery(limit: 500)).entries
      #expect(try await ids { $0.from = Timestamp(milliseconds: all[0].at.milliseconds + 1) } == [])
      #expect(try await ids { $0.to = all[9].at } == [])
      #expect(
        try await ids {
          $0.from = all[9].at; $0.to = Timestamp(milliseconds: all[0].at.milliseconds + 1)
        }.count == 10)

      var query = AuditQuery(limit: 4)
      var seen: [Int64] = []
      repeat {
        let page = try await store.auditPage(query)
        seen += page.entries.map(\.id)
        query.before = page.next
      } while query.before != nil
      #expect(seen == all.map(\.id))

      let first = try #require(all.last)
      #expect(first.actorID == "a-1" && first.actorName == "alice" && first.object == "u-1")
      #expect(first.detail == #"{"täst": [1, "x;y"]}"# && first.address == "127.0.0.1" && first.requestID == "r-1")
      #expect(first.hash.count == 32)
      await expectError(.invalidArgument) { try await store.auditPage(AuditQuery(limit: 0)) }
      await expectError(.invalidArgument) { try await store.auditPage(AuditQuery(limit: 501)) }
    }
  }

  @Test func nobodyChangesIt() async throws {
    try await withStore { store, _ in
      for number in 1...3 { try await store.record(Self.entry("user.create", "u-\(number)")) }
      let before = try await store.auditPage(AuditQuery(limit: 500)).entries
      for text in [
        "UPDATE audit SET action = 'x'", "UPDATE audit SET actor_name = 'erased-x'", "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1", "TRUNCATE audit",
        // Each need has its own setting, and does no more than it needs.
        "DO $$ BEGIN PERFORM set_config('usher.audit', 'erasure', true); DELETE FROM audit; END $$",
        "DO $$ BEGIN PERFORM set_config('usher.audit', 'retention', true); UPDATE audit SET actor_name = 'erased-x'; END $$",
        "DO $$ BEGIN PERFORM set_config('usher.audit', 'erasure', true); UPDATE audit SET actor_name = 'x'; END $$",
        "DO $$ BEGIN PERFORM set_config('usher.audit', 'erasure', true); UPDATE audit SET actor_name = 'erased-x', object = 'x'; END $$",
        "DO $$ BEGIN PERFORM set_config('usher.audit', 'retention', true); TRUNCATE audit; END $$",
      ] {
        await Self.expectRefusal(text, in: store)
      }
      #expect(try await store.auditPage(AuditQuery(limit: 500)).entries == before)

      // A number, a time and a hash of one's own are not taken.
      _ = try await Self.run(
        "INSERT INTO audit (id, at, action, hash) VALUES (77, 'epoch', 'user.create', 'x')", in: store)
      let last = try #require(try await store.auditPage(AuditQuery(limit: 1)).entries.first)
      #expect(last.id == 4 && last.at >= before[0].at && last.hash.count == 32)
      #expect(try await store.verifyAudit().broken == nil)
      // What is no JSON object is none in the audit.
      await expectError(.invalidArgument) {
        try await store.record(AuditEntry(action: "x.y", actor: nil, detail: Array("{".utf8)))
      }
      await expectError(.invalidArgument) {
        try await store.record(AuditEntry(action: "x.y", actor: nil, detail: Array("[]".utf8)))
      }
    }
  }

  @Test func manyWritersMakeOneChain() async throws {
    try await withStore { store, database in
      let others = (0..<3).map { _ in database.store() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, node) in ([store] + others).enumerated() {
          group.addTask {
            for number in 0..<150 { try await node.record(Self.entry("user.create", "u-\(index)-\(number)")) }
          }
        }
        try await group.waitForAll()
      }
      for node in others { await node.shutdown() }
      // More than one step of the walk.
      let chain = try await store.verifyAudit()
      #expect(chain.broken == nil && chain.entries == 600 && chain.link.id == 600)
      var query = AuditQuery(limit: 500)
      let newer = try await store.auditPage(query)
      query.before = newer.next
      let older = try await store.auditPage(query)
      let times = (newer.entries + older.entries).map(\.at)
      #expect(times == times.sorted(by: >))
    }
  }

  @Test func whatIsChangedPastTheTriggerShows() async throws {
    try await withStore { store, _ in
      for number in 1...700 { try await store.record(Self.entry("user.create", "u-\(number)")) }
      let noted = try await store.verifyAudit().link
      func tampered(_ texts: String...) async throws -> AuditChain.Break? {
        let calls = (["ALTER TABLE audit DISABLE TRIGGER ALL"] + texts).map { SQLStatement(nil, $0)() }
        _ = try await store.write(calls)
        return try await store.verifyAudit().broken
      }
      #expect(
        try await tampered("UPDATE audit SET object = 'u-9' WHERE id = 650") == .init(id: 650, reason: .changed))
      #expect(
        try await tampered("UPDATE audit SET object = 'u-650' WHERE id = 650", "DELETE FROM audit WHERE id = 3")
          == .init(id: 3, reason: .missing))
      // Who rewrites the end of the chain as well is found by what was noted.
      _ = try await tampered("DELETE FROM audit WHERE id <= 3 OR id > 690")
      let base = "(SELECT hash FROM audit WHERE id = 690)"
      _ = try await tampered("UPDATE audit_chain SET last_id = 690, last_hash = \(base)")
      #expect(try await store.verifyAudit().broken == .init(id: 1, reason: .missing))
      _ = try await tampered("DELETE FROM audit WHERE id <= 4")
      _ = try await tampered(
        "UPDATE audit_chain SET first_id = 5, first_hash = (SELECT hash FROM audit WHERE id = 5)",
        "DELETE FROM audit WHERE id = 5")
      #expect(try await store.verifyAudit().broken == nil)
      #expect(try await store.verifyAudit(expecting: noted).broken == .init(id: 691, reason: .missing))
    }
  }

  @Test func anErasedNameLeavesTheChainWhole() async throws {
    try await withStore { store, _ in
      let bob = AuditEntry.Actor(id: "b-2", name: "bob")
      for number in 1...4 {
        try await store.record(Self.entry("user.create", "u-\(number)", actor: number % 2 == 0 ? bob : Self.alice))
      }
      _ = try await store.write(AuditSQL.eraseName(of: "b-2", as: "erased-b", limit: 1_000))
      #expect(
        try await store.auditPage(AuditQuery(limit: 9)).entries.map(\.actorName) == [
          "erased-b", "alice", "erased-b", "alice",
        ])
      #expect(try await store.auditPage(AuditQuery(limit: 9)).entries[0].actorID == "b-2")
      #expect(try await store.verifyAudit().broken == nil)
      // The leave was of one transaction.
      await Self.expectRefusal("UPDATE audit SET actor_name = 'erased-x'", in: store)
    }
  }

  @Test func retention() async throws {
    try await withStore { store, _ in
      for number in 1...1_203 { try await store.record(Self.entry("user.create", "u-\(number)")) }
      let whole = try await store.verifyAudit().link
      await store.expireAudit(months: 0)
      await store.expireAudit(months: 1)
      #expect(try await store.verifyAudit().entries == 1_203)
      // As if the first 1,200 were of last year; their hashes do not matter to what is removed.
      _ = try await store.write(
        [
          "ALTER TABLE audit DISABLE TRIGGER ALL", "UPDATE audit SET at = at - interval '1 year' WHERE id <= 1200",
          "ALTER TABLE audit ENABLE TRIGGER ALL",
        ].map { SQLStatement(nil, $0)() })
      await store.expireAudit(months: 13)
      #expect(try await store.auditPage(AuditQuery(limit: 1)).entries[0].id == 1_203)
      await store.expireAudit(months: 6)
      let rest = try await store.auditPage(AuditQuery(limit: 500)).entries
      // Two transactions removed them, and each has said so.
      #expect(rest.map(\.id) == [1_205, 1_204, 1_203, 1_202, 1_201])
      #expect(rest.map(\.action).prefix(2) == ["audit.expire", "audit.expire"])
      #expect(rest.compactMap(\.detail).prefix(2) == [#"{"through" : 1200}"#, #"{"through" : 1000}"#])
      let chain = try await store.verifyAudit(expecting: whole)
      #expect(chain.broken == nil && chain.entries == 5)
      #expect(try await store.verifyAudit(expecting: .init(id: 7, hash: [1])).broken == .init(id: 7, reason: .expired))
    }
  }

  @Test func theSecondUseOfARefreshTokenIsKept() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let session = try await store.issueRefreshToken(userID: user.id)
      _ = try await store.refresh(session.token)
      await expectError(.tokenReuse) { try await store.refresh(session.token) }
      let entry = try #require(try await store.auditPage(AuditQuery(limit: 1)).entries.first)
      #expect(entry.action == "session.reuse" && entry.object == user.id)
      #expect(entry.detail == #"{"session":"\#(session.sessionID)"}"#)
    }
  }
}
