import ServiceQueue
import Testing

@testable import UserStore

@Suite("Refreshes that are asked for again, against a real server", .serialized)
struct ReplayTests {
  private let key = IdempotencyKey("once")!

  private func begin(_ store: UserStoreActor) async throws -> String {
    let user = try await store.createUser(UserTests.newUser())
    return try await store.issueRefreshToken(userID: user.id).token
  }

  private func execute(_ store: UserStoreActor, _ text: String) async throws -> [SQLRow] {
    try await store.write([SQLStatement(nil, text)()])[0].rows
  }

  @Test func theSameKeyGetsTheSameAnswer() async throws {
    try await withStore { store, database in
      let first = try await begin(store)
      let other = database.store()
      let given = try await store.refresh(first, idempotencyKey: key)
      #expect(given.accessTerms != nil)
      for node in [store, other] {
        let again = try await node.refresh(first, idempotencyKey: key)
        #expect(again.refreshToken.token == given.refreshToken.token)
        #expect(again.refreshToken.expiresAt == given.refreshToken.expiresAt)
        #expect(again.refreshToken.sessionID == given.refreshToken.sessionID)
        #expect(again.accessTerms == given.accessTerms && again.user == given.user)
      }
      _ = try await store.refresh(given.refreshToken.token)
      await expectError(.tokenReuse) { try await store.refresh(first, idempotencyKey: key) }
      await other.shutdown()
    }
  }

  @Test func withoutItOrUnderAnotherItIsAReuse() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      for (one, two) in [(key, nil), (key, IdempotencyKey("twice")), (nil, key)] as [(IdempotencyKey?, IdempotencyKey?)]
      {
        let token = try await store.issueRefreshToken(userID: user.id).token
        let next = try await store.refresh(token, idempotencyKey: one).refreshToken.token
        await expectError(.tokenReuse) { try await store.refresh(token, idempotencyKey: two) }
        await expectError(.tokenInvalid) { try await store.refresh(token, idempotencyKey: one) }
        await expectError(.tokenInvalid) { try await store.refresh(next) }
      }
      #expect(try await execute(store, "SELECT 1 FROM refresh_tokens WHERE successor IS NOT NULL").isEmpty)
    }
  }

  @Test func aMinuteAndNoLonger() async throws {
    try await withStore { store, _ in
      let first = try await begin(store)
      _ = try await store.refresh(first, idempotencyKey: key)
      _ = try await execute(store, "UPDATE refresh_tokens SET used_at = used_at - interval '50 seconds'")
      await store.forgetReplays()
      _ = try await store.refresh(first, idempotencyKey: key)
      _ = try await execute(store, "UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'")
      await expectError(.tokenReuse) { try await store.refresh(first, idempotencyKey: key) }

      let second = try await store.issueRefreshToken(userID: try await store.users(limit: 1).users[0].id).token
      _ = try await store.refresh(second, idempotencyKey: key)
      _ = try await execute(store, "UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds'")
      await store.forgetReplays()
      #expect(try await execute(store, "SELECT 1 FROM refresh_tokens WHERE replay_key IS NOT NULL").isEmpty)
    }
  }

  @Test func theAbsoluteEndCountsFromTheLogin() async throws {
    try await withStore { store, _ in
      var token = try await begin(store)
      _ = try await execute(store, "UPDATE refresh_families SET created_at = now() - interval '89 days 23 hours'")
      let refreshed = try await store.refresh(token).refreshToken
      let latest = try await execute(store, "SELECT created_at + interval '90 days' FROM refresh_families")
      #expect(try refreshed.expiresAt == latest[0].timestamp(0))
      token = refreshed.token
      _ = try await execute(store, "UPDATE refresh_families SET created_at = created_at - interval '2 hours'")
      await expectError(.tokenInvalid) { try await store.refresh(token) }
    }
  }
}
