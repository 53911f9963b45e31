import ServiceQueue
import Testing

@testable import UserStore

@Suite("Erasing users and the last administrator, against a real server", .serialized)
struct ErasureTests {
  private static let act = AuditEntry(action: "user.erase", actor: .init(id: "boss", name: "boss"))

  private static func administrator(_ store: UserStoreActor, _ name: String) async throws -> User {
    try await store.createUser(NewUser(username: name, password: "correct horse", level: .admin))
  }

  @Test func nothingOfThePersonStays() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser("Waldemar"))
      let session = try await store.issueRefreshToken(userID: user.id, from: UserSessionTests.desk)
      _ = try await store.invite(
        userID: user.id,
        audit: AuditEntry(action: "x.y", actor: .init(id: user.id, name: user.username)))
      let service = Samples.service(1, assignee: Assignee(id: user.id, name: "Waldemar"))
      try await store.record([Samples.entry(1, service, actor: "Waldemar"), Samples.entry(2, Samples.service(2))])
      let erased = try await store.eraseUser(id: user.id, expectedVersion: 1, audit: Self.act)
      #expect(erased.state == .erased && erased.isDisabled && erased.username == "erased-" + user.id.prefix(13))
      #expect(erased.email == nil && erased.displayName == nil && erased.queues == nil && erased.version == 2)
      #expect(try await store.user(id: user.id) == erased)
      await expectError(.tokenInvalid) { try await store.refresh(session.token) }
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "Waldemar", password: "correct horse")
      }
      try await store.finishErasures()
      let connection = database.connection()
      for table in ["users", "refresh_families", "user_invitations", "service_history", "service_events", "audit"] {
        let dump = try await database.dump(table, over: connection)
        for text in ["Waldemar", "waldemar", "example.org"] {
          #expect(!dump.contains(text) && !dump.contains(UserTests.hex(text)), "\(table): \(text)")
        }
      }
      let families = try await database.dump("refresh_families", over: connection)
      #expect(!families.contains("\\x"), "addresses are gone, sealed or not")
      await connection.shutdown()
      let entry = try await store.historyEntry(service.id)
      #expect(entry.service.assignee == Assignee(id: user.id, name: erased.username))
      #expect(try await store.users(limit: 10).users.isEmpty)
      var filter = UserFilter()
      filter.state = .erased
      #expect(try await store.users(matching: filter, limit: 10).users == [erased])
    }
  }

  @Test func theNameIsFreeForOthersWhoseEventsStay() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      _ = try await store.eraseUser(id: user.id, expectedVersion: nil, audit: Self.act)
      let namesake = try await store.createUser(UserTests.newUser())
      #expect(namesake.id != user.id)
      let later = SQLStatement(
        nil,
        """
        INSERT INTO service_events (queue, epoch, version, type, at, actor)
        SELECT 'q', 'e', n, 'x', now() + (n - 1) * interval '1 minute', 'Alice' FROM generate_series(1, 2500) n
        """)
      _ = try await store.write([later()])
      try await store.finishErasures()
      let count = SQLStatement(nil, "SELECT count(*) FROM service_events WHERE actor = 'Alice'")
      #expect(try await store.read(count())[0].first?.int(0) == 2_499)
      await expectError(.invalidArgument) { try await store.createUser(UserTests.newUser("Erased-1")) }
      await expectError(.notFound) { try await store.eraseUser(id: user.id, expectedVersion: nil, audit: nil) }
      await expectError(.notFound) { try await store.setPassword(userID: user.id, "another good one") }
      await expectError(.notFound) { try await store.invite(userID: user.id, audit: nil) }
    }
  }

  @Test func itGoesOnInBatchesAndForgetsTheNameAtLast() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let past = SQLStatement(
        nil,
        """
        INSERT INTO service_events (queue, epoch, version, type, at, actor)
        SELECT 'q', 'e', n, 'x', now() - interval '1 hour', 'Alice' FROM generate_series(1, 2500) n
        """)
      _ = try await store.write([past()])
      _ = try await store.eraseUser(id: user.id, expectedVersion: nil, audit: nil)
      try await store.finishErasures()
      let count = SQLStatement(nil, "SELECT count(*) FROM service_events WHERE actor = 'Alice'")
      #expect(try await store.read(count())[0].first?.int(0) == 0)
      // What a service brings that the user had still claimed.
      let late = Samples.service(7, assignee: Assignee(id: user.id, name: "Alice"))
      try await store.record([Samples.entry(7, late)])
      try await store.finishErasures()
      #expect(try await store.historyEntry(late.id).service.assignee?.name != "Alice")
      let open = SQLStatement(nil, "SELECT count(*) FROM user_erasures")
      #expect(try await store.read(open())[0].first?.int(0) == 1)
      _ = try await store.write([
        SQLStatement(nil, "UPDATE user_erasures SET erased_at = erased_at - interval '27 hours'")()
      ])
      try await store.finishErasures()
      #expect(try await store.read(open())[0].first?.int(0) == 0)
    }
  }

  @Test func theLastAdministratorStays() async throws {
    try await withStore { store, _ in
      let first = try await Self.administrator(store, "first")
      _ = try await store.inviteUser(NewUser(username: "invited", password: nil, level: .admin), audit: nil)
      var disable = UserChanges()
      disable.isDisabled = true
      var demote = UserChanges()
      demote.level = .supervisor
      var limit = UserChanges()
      limit.queues = .set([QueueName("front-desk")!])
      func refused() async {
        for changes in [disable, demote, limit] {
          await expectError(.lastAdministrator) {
            try await store.updateUser(id: first.id, expectedVersion: nil, changes)
          }
        }
        await expectError(.lastAdministrator) {
          try await store.eraseUser(id: first.id, expectedVersion: nil, audit: Self.act)
        }
      }
      await refused()
      await expectError(.versionMismatch) { [demote] in
        try await store.updateUser(id: first.id, expectedVersion: 7, demote)
      }
      let second = try await Self.administrator(store, "second")
      _ = try await store.eraseUser(id: second.id, expectedVersion: nil, audit: Self.act)
      await refused()
      #expect(try await store.user(id: first.id) == first)
      let acts = SQLStatement(nil, "SELECT count(*) FROM audit")
      #expect(try await store.read(acts())[0].first?.int(0) == 1)
    }
  }

  @Test func twoAtOnceDoNotTakeTheLastAway() async throws {
    try await withStore { store, database in
      let nodes = [store, database.store()]
      for round in 0..<8 {
        let pair = [
          try await Self.administrator(store, "a\(round)"), try await Self.administrator(store, "b\(round)"),
        ]
        if round > 0 {
          // Only these two are left to each other.
          _ = try await store.write([
            SQLStatement(nil, "UPDATE users SET level = 'viewer' WHERE username NOT IN ('a\(round)', 'b\(round)')")()
          ])
        }
        let demoted = await withTaskGroup(of: Bool.self) { group in
          for (node, user) in zip(nodes, pair) {
            group.addTask {
              var changes = UserChanges()
              changes.level = .agent
              return (try? await node.updateUser(id: user.id, expectedVersion: nil, changes)) != nil
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(demoted.count { $0 } == 1)
      }
      await nodes[1].shutdown()
    }
  }
}
