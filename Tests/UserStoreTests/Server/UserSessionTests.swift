import ServiceQueue
import Testing

@testable import UserStore

@Suite("Sessions of a user, against a real server", .serialized)
struct UserSessionTests {
  static let desk = LoginOrigin(address: "192.0.2.17", network: "192.0.2.17", userAgent: "Desk/1.0")

  @Test func theyAreSeenWithWhereTheyCameFromWhichRestsSealed() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      let old = try await store.issueRefreshToken(userID: user.id)
      let new = try await store.issueRefreshToken(userID: user.id, from: Self.desk)
      let sessions = try await store.sessions(of: user.id)
      #expect(sessions.map(\.id) == [new.sessionID, old.sessionID])
      #expect(sessions[0].address == "192.0.2.17" && sessions[0].userAgent == "Desk/1.0")
      #expect(sessions[1].address == nil && sessions[1].lastUsedAt == sessions[1].createdAt)
      _ = try await store.refresh(old.token)
      let used = try await store.sessions(of: user.id)[1]
      #expect(used.lastUsedAt > used.createdAt && used.expiresAt >= sessions[1].expiresAt)
      let connection = database.connection()
      let dump = try await database.dump("refresh_families", over: connection)
      for text in ["192.0.2.17", "Desk/1.0"] { #expect(!dump.contains(text) && !dump.contains(UserTests.hex(text))) }
      await connection.shutdown()
      await expectError(.notFound) { try await store.sessions(of: "x") }
    }
  }

  @Test func theyEndOneByOneOrAllButOne() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let other = try await store.createUser(UserTests.newUser("other"))
      let foreign = try await store.issueRefreshToken(userID: other.id)
      var tokens: [RefreshToken] = []
      for _ in 0..<4 { tokens.append(try await store.issueRefreshToken(userID: user.id)) }
      let audit = AuditEntry(action: "session.end", actor: nil)
      #expect(try await store.endSession(tokens[0].sessionID, of: user.id, audit: audit).id == tokens[0].sessionID)
      await expectError(.tokenInvalid) { try await store.refresh(tokens[0].token) }
      for id in [tokens[0].sessionID, foreign.sessionID, "x", ""] {
        await expectError(.notFound) { try await store.endSession(id, of: user.id, audit: audit) }
      }
      let ended = try await store.endSessions(of: user.id, keeping: tokens[3].sessionID, audit: audit)
      #expect(Set(ended.map(\.id)) == Set(tokens[1...2].map(\.sessionID)))
      #expect(try await store.sessions(of: user.id).map(\.id) == [tokens[3].sessionID])
      #expect(try await store.endSessions(of: user.id, keeping: nil, audit: audit).count == 1)
      _ = try await store.refresh(foreign.token)
      let count = SQLStatement(nil, "SELECT count(*) FROM audit WHERE action = 'session.end' AND object = $1")
      #expect(try await store.read(count(.text(user.id)))[0].first?.int(0) == 3, "what was not found is no act")
      #expect(try await store.sessions(endedSince: Timestamp(milliseconds: 0)).count == 4)
    }
  }

  @Test func oneMoreThanTheMostEndsTheOldest() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let first = try await store.issueRefreshToken(userID: user.id)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 1..<UserSession.most + 5 {
          group.addTask { _ = try await store.issueRefreshToken(userID: user.id) }
        }
        try await group.waitForAll()
      }
      let live = SQLStatement(nil, "SELECT count(*) FROM refresh_families WHERE revoked_at IS NULL")
      #expect(try await store.read(live())[0].first?.int(0) == Int64(UserSession.most))
      await expectError(.tokenInvalid) { try await store.refresh(first.token) }
    }
  }

  @Test func aNewPasswordOfOnesOwnKeepsThisSession() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let this = try await store.issueRefreshToken(userID: user.id)
      let other = try await store.issueRefreshToken(userID: user.id)
      let invitation = try await store.invite(userID: user.id, audit: nil)
      func change(_ current: String, _ new: String) async throws -> [EndedSession] {
        try await store.changePassword(
          userID: user.id, from: current, to: new, keeping: this.sessionID, origin: .unknown,
          audit: AuditEntry(action: "user.password", actor: nil)
        ).ended
      }
      await expectError(.invalidCredentials) { try await change("wrong", "another good one") }
      await expectError(.weakPassword) { try await change("correct horse", "correct horse") }
      await expectError(.weakPassword) { try await change("correct horse", "alice@example.org") }
      #expect(try await change("correct horse", "another good one").map(\.id) == [other.sessionID])
      await expectError(.invalidCredentials) { try await change("correct horse", "yet another good one") }
      _ = try await store.refresh(this.token)
      await expectError(.tokenInvalid) { try await store.refresh(other.token) }
      await expectError(.invitationInvalid) {
        try await store.acceptInvitation(invitation.token, password: "yet another good one") { _ in
          AuditEntry(action: "x.y", actor: nil)
        }
      }
      #expect(try await store.authenticate(username: "alice", password: "another good one").version == 2)
    }
  }
}
