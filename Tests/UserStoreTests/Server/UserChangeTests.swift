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
      await expectError(.invalidArgument) {
        try await store.updateUser(id: user.id, expectedVersion: 1, Self.changes(.viewer, password: "short"))
      }
      await expectError(.versionMismatch) {
        try await store.updateUser(id: user.id, expectedVersion: 7, Self.changes(.viewer, password: "another one"))
      }
      #expect(try await store.user(id: user.id) == user)
      #expect(try await store.authenticate(username: "alice", password: "correct horse") == user)
      let next = try await store.refresh(session.token).refreshToken

      let changed = try await store.updateUser(
        id: user.id, expectedVersion: 1, Self.changes(.viewer, password: "another one"))
      #expect(changed.level == .viewer && changed.version == 2)
      #expect(try await store.authenticate(username: "alice", password: "another one") == changed)
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "alice", password: "correct horse")
      }
      await expectError(.tokenInvalid) { try await store.refresh(next.token) }
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
