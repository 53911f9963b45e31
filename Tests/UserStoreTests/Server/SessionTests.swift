import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

@Suite("Sessions and signing keys, against a real server", .serialized)
struct SessionTests {
  func user(_ store: UserStoreActor) async throws -> User { try await store.createUser(UserTests.newUser()) }

  @Test func rotation() async throws {
    try await withStore { store, database in
      let user = try await user(store)
      let first = try await store.issueRefreshToken(userID: user.id)
      #expect(first.token.utf8.count == 43)
      let second = try await store.refresh(first.token)
      #expect(second.user == user && second.refreshToken.token != first.token)
      #expect(second.refreshToken.expiresAt >= first.expiresAt)
      let third = try await store.refresh(second.refreshToken.token)
      _ = try await store.refresh(third.refreshToken.token)
      let connection = database.connection()
      let dump = try await database.dump("refresh_tokens", over: connection)
      for token in [first.token, second.refreshToken.token] {
        #expect(!dump.contains(token) && !dump.contains(UserTests.hex(token)))
        #expect(!dump.contains((Base64.url.decode(token) ?? []).map { String($0, radix: 16) }.joined()))
      }
      await connection.shutdown()
    }
  }

  @Test func reuseRevokesTheFamilyAlone() async throws {
    try await withStore { store, _ in
      let user = try await user(store)
      let first = try await store.issueRefreshToken(userID: user.id)
      let other = try await store.issueRefreshToken(userID: user.id)
      let second = try await store.refresh(first.token)
      await expectError(.tokenReuse) { try await store.refresh(first.token) }
      await expectError(.tokenInvalid) { try await store.refresh(second.refreshToken.token) }
      await expectError(.tokenInvalid) { try await store.refresh(first.token) }
      _ = try await store.refresh(other.token)
    }
  }

  @Test func racesHaveOneWinner() async throws {
    try await withStore { store, database in
      let user = try await user(store)
      let nodes = [store, database.store(), database.store()]
      for _ in 0..<8 {
        let token = try await store.issueRefreshToken(userID: user.id).token
        let results = await withTaskGroup(of: Result<RefreshedSession, any Error>.self) { group in
          for node in nodes {
            group.addTask {
              do { return .success(try await node.refresh(token)) } catch { return .failure(error) }
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        let winners = results.compactMap { try? $0.get() }
        let codes = results.compactMap { result -> UserStoreError.Code? in
          if case .failure(let error as UserStoreError) = result { error.code } else { nil }
        }
        #expect(winners.count == 1)
        #expect(codes.sorted { $0.rawValue < $1.rawValue } == [.tokenInvalid, .tokenReuse])
        // The reuse has revoked the winner's token too.
        await expectError(.tokenInvalid) { try await store.refresh(winners[0].refreshToken.token) }
      }
      for node in nodes.dropFirst() { await node.shutdown() }
    }
  }

  @Test func expiry() async throws {
    try await withStore { store, database in
      let user = try await user(store)
      let brief = database.store { $0.refreshTokenLifetime = .milliseconds(50) }
      let token = try await brief.issueRefreshToken(userID: user.id)
      try await Task.sleep(for: .milliseconds(80))
      await expectError(.tokenInvalid) { try await brief.refresh(token.token) }
      let age = SQLStatement(nil, "UPDATE refresh_families SET expires_at = now() - interval '2 days'")
      _ = try await store.write([age()])
      await store.deleteExpiredSessions()
      let count = SQLStatement(nil, "SELECT count(*) FROM refresh_tokens")
      #expect(try await store.read(count())[0].first?.int(0) == 0)
      await brief.shutdown()
    }
  }

  @Test func endings() async throws {
    try await withStore { store, _ in
      let user = try await user(store)
      let one = try await store.issueRefreshToken(userID: user.id).token
      try await store.logout(one)
      try await store.logout(one)
      try await store.logout("nonsense")
      await expectError(.tokenInvalid) { try await store.refresh(one) }

      let two = try await store.issueRefreshToken(userID: user.id).token
      try await store.setPassword(userID: user.id, "another good one")
      await expectError(.tokenInvalid) { try await store.refresh(two) }

      let three = try await store.issueRefreshToken(userID: user.id).token
      try await store.revokeSessions(userID: user.id)
      await expectError(.tokenInvalid) { try await store.refresh(three) }

      let four = try await store.issueRefreshToken(userID: user.id).token
      var changes = UserChanges()
      changes.isDisabled = true
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      await expectError(.tokenInvalid) { try await store.refresh(four) }
      await expectError(.notFound) { try await store.issueRefreshToken(userID: user.id) }
      await expectError(.notFound) { try await store.issueRefreshToken(userID: "nobody") }
    }
  }

  @Test func everyEndIsTold() async throws {
    try await withStore { store, database in
      let user = try await user(store)
      let other = try await store.createUser(
        NewUser(username: "other", password: "correct horse", level: .agent))
      func ended() async throws -> [String] {
        try await store.sessions(endedSince: Timestamp(milliseconds: 0)).map(\.id)
      }
      let out = try await store.issueRefreshToken(userID: user.id)
      let reused = try await store.issueRefreshToken(userID: user.id)
      let stays = try await store.issueRefreshToken(userID: other.id)
      #expect(Set([out.sessionID, reused.sessionID, stays.sessionID]).count == 3)
      let next = try await store.refresh(out.token).refreshToken
      #expect(next.sessionID == out.sessionID)
      #expect(try await ended().isEmpty)

      #expect(try await store.logout(next.token) == out.sessionID)
      #expect(try await store.logout(next.token) == nil, "it is over already")
      #expect(try await store.logout("nonsense") == nil)
      #expect(try await ended() == [out.sessionID])

      _ = try await store.refresh(reused.token)
      await expectError(.tokenReuse) { try await store.refresh(reused.token) }
      #expect(try await ended() == [out.sessionID, reused.sessionID])

      let before = try await store.issueRefreshToken(userID: user.id)
      try await store.setPassword(userID: user.id, "another good one")
      var changes = UserChanges()
      changes.isDisabled = true
      let last = try await store.issueRefreshToken(userID: user.id)
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      let all = try await store.sessions(endedSince: Timestamp(milliseconds: 0))
      #expect(all.map(\.id) == [out, reused, before, last].map(\.sessionID))
      #expect(all.map(\.endedAt) == all.map(\.endedAt).sorted())
      let page = try await store.sessions(endedSince: all[2].endedAt, after: all[2].id)
      #expect(page.map(\.id) == [last.sessionID])
      _ = try await store.refresh(stays.token)
    }
  }

  /// What every node asks several times a second reads only what ended lately.
  @Test func endsAreFoundByAnIndex() async throws {
    try await withStore { store, database in
      let connection = database.connection()
      let fill = SQLStatement(
        nil, "INSERT INTO users (id, username, password_phc, level) VALUES ('u', 'u', 'none', 'viewer')")
      let families = SQLStatement(
        nil,
        """
        INSERT INTO refresh_families (id, user_id, expires_at, revoked_at)
        SELECT 'f' || n, 'u', now(), CASE WHEN n % 100 = 0 THEN now() - n * interval '1 minute' END
        FROM generate_series(1, 20000) n
        """)
      _ = try await connection.run([fill(), families(), SQLStatement(nil, "ANALYZE refresh_families")()], writes: true)
      let explain = SQLStatement(
        nil, "EXPLAIN SELECT id FROM refresh_families WHERE revoked_at >= now() - interval '3 hours'")
      let plan = try await connection.run([explain()], writes: false)[0].rows.map { try $0.text(0) }.joined()
      #expect(plan.contains("refresh_families_revoked_at"), "\(plan)")
      await connection.shutdown()
    }
  }

  @Test(arguments: ["", "x", "' OR 1=1 --", String(repeating: "A", count: 43), String(repeating: "A", count: 100_000)])
  func noTokens(text: String) async throws {
    try await withStore { store, _ in
      await expectError(.tokenInvalid) { try await store.refresh(text) }
    }
  }

  @Test func severalNodesGetOneSigningKey() async throws {
    try await withStore { store, database in
      let nodes = [store] + (0..<3).map { _ in database.store() }
      let keys = try await withThrowingTaskGroup(of: [SigningKey].self) { group in
        for node in nodes { group.addTask { try await node.signingKeys() } }
        return try await group.reduce(into: [[SigningKey]]()) { $0.append($1) }
      }
      #expect(keys.allSatisfy { $0.count == 1 } && Set(keys.map { $0[0].kid }).count == 1)
      let key = keys[0][0]
      #expect(key.kid.utf8.count == 16 && key.privateKey.count == 32)
      #expect(try Ed25519.publicKey(of: key.privateKey) == key.publicKey)
      #expect(try await store.signingKeys()[0].privateKey == key.privateKey)
      let connection = database.connection()
      let dump = try await database.dump("signing_keys", over: connection)
      #expect(!dump.contains(key.privateKey.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
      await connection.shutdown()
      for node in nodes.dropFirst() { await node.shutdown() }
    }
  }
}
