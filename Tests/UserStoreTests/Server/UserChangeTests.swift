import ServiceQueue
import Testing

@testable import UserStore

@Suite("Changes of users, against a real server", .serialized)
struct UserChangeTests {
  private static func changes(_ level: AccessLevel, password: String) -> UserChanges {
    var changes = UserChanges()
    changes.level = level
    changes.password = password
    return changes
  }

  @Test func aPasswordAndTheRestChangeTogetherOrNotAtAll() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let session = try await store.issueRefreshToken(userID: user.id)
      await expectError(.weakPassword) {
        try await store.updateUser(id: user.id, expectedVersion: 1, Self.changes(.viewer, password: "short"))
      }
      await expectError(.versionMismatch) {
        try await store.updateUser(id: user.id, expectedVersion: 7, Self.changes(.viewer, password: "another good one"))
      }
      #expect(try await store.user(id: user.id) == user)
      #expect(try await store.authenticate(username: "alice", password: "correct horse") == user)
      let next = try await store.refresh(session.token).refreshToken

      let changed = try await store.updateUser(
        id: user.id, expectedVersion: 1, Self.changes(.viewer, password: "another good one"))
      #expect(changed.level == .viewer && changed.version == 2)
      #expect(try await store.authenticate(username: "alice", password: "another good one") == changed)
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "alice", password: "correct horse")
      }
      await expectError(.tokenInvalid) { try await store.refresh(next.token) }
    }
  }

  @Test func skillsAndCapacity() async throws {
    try await withStore { store, database in
      let skills = try #require(SkillSet(["towing", "german"], most: SkillSet.mostHeld))
      let user = try await store.createUser(
        NewUser(username: "eve", password: "correct horse", level: .agent, skills: skills, capacity: 3))
      #expect(user.skills == skills && user.capacity == 3)
      #expect(user.principal.skills == skills && user.principal.capacity == 3)
      #expect(try await store.user(id: user.id) == user)

      var changes = UserChanges()
      changes.capacity = .set(10_000)
      let wider = try await store.updateUser(id: user.id, expectedVersion: 1, changes)
      #expect(wider.capacity == 10_000 && wider.skills == skills)
      changes = UserChanges()
      changes.skills = SkillSet.none
      changes.capacity = .clear
      let plain = try await store.updateUser(id: user.id, expectedVersion: 2, changes)
      #expect(plain.capacity == nil && plain.skills.isEmpty)

      for capacity in [0, 10_001, -1] {
        var wrong = UserChanges()
        wrong.capacity = .set(capacity)
        await expectError(.invalidArgument) { [wrong] in
          try await store.updateUser(id: user.id, expectedVersion: nil, wrong)
        }
        await expectError(.invalidArgument) {
          try await store.createUser(
            NewUser(username: "f", password: "correct horse", level: .agent, capacity: capacity))
        }
      }
      let many = try #require(SkillSet((0...SkillSet.mostHeld).map { "s\($0)" }, most: 100))
      await expectError(.invalidArgument) {
        try await store.createUser(NewUser(username: "f", password: "correct horse", level: .agent, skills: many))
      }
      #expect(try await store.user(id: user.id) == plain)

      // What another version may have written there is an error, not a user with other rights.
      let foreign = SQLStatement(nil, "UPDATE users SET skills = '{German}'")
      _ = try await store.write([foreign()])
      await expectError(.internal) { try await store.user(id: user.id) }
    }
  }

  /// One statement changes all at one moment: pages go on by id within it.
  @Test func pagesOfChanges() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      let fill = SQLStatement(
        nil,
        """
        INSERT INTO users (id, username, password_phc, level, updated_at)
        SELECT 'id-' || n, 'user' || n, 'none', 'viewer',
          timestamptz '2026-01-01' + (CASE WHEN n <= 2100 THEN 0.25 ELSE 0.75 END) * interval '1 millisecond'
            + (n / 2200) * interval '1 second'
        FROM generate_series(1, 2300) n
        """)
      _ = try await connection.run([fill()], writes: true)
      await connection.shutdown()
      var moment = Timestamp(milliseconds: 0)
      var last: String?
      var pages: [Int] = []
      var seen: Set<String> = []
      repeat {
        let page = try await store.users(changedSince: moment, after: last)
        pages.append(page.count)
        seen.formUnion(page.map(\.id))
        guard let user = page.last else { break }
        (moment, last) = (user.updatedAt, user.id)
      } while pages.last == 1_000
      #expect(pages == [1_000, 1_000, 300] && seen.count == 2_300)
      #expect(try await store.users(changedSince: moment, after: last).isEmpty)
    }
  }
}
