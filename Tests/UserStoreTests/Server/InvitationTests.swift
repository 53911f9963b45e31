import ServiceQueue
import Testing

@testable import UserStore

@Suite("Invitations, against a real server", .serialized)
struct InvitationTests {
  private static func entry(_ user: User) -> AuditEntry {
    AuditEntry(action: "invitation.accept", actor: .init(id: user.id, name: user.username))
  }

  private static func accept(_ store: UserStoreActor, _ token: String, _ password: String) async throws -> User {
    try await store.acceptInvitation(token, password: password, audit: entry)
  }

  private static func person(_ name: String = "Anna") -> NewUser {
    NewUser(username: name, password: nil, level: .agent, email: "anna@example.org")
  }

  @Test func anInvitedUserChoosesThePasswordOnce() async throws {
    try await withStore { store, database in
      let audit = AuditEntry(action: "user.invite", actor: nil)
      let invitation = try await store.inviteUser(Self.person(), audit: audit)
      let user = invitation.user
      #expect(user.state == .invited && !user.isDisabled && invitation.token.utf8.count == 43)
      await expectError(.invalidCredentials) { try await store.authenticate(username: "anna", password: "") }
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "anna", password: "correct horse")
      }
      await expectError(.weakPassword) { try await Self.accept(store, invitation.token, "short") }
      await expectError(.weakPassword) { try await Self.accept(store, invitation.token, "anna@example.org") }

      let accepted = try await Self.accept(store, invitation.token, "correct horse")
      #expect(accepted.id == user.id && accepted.state == .active && accepted.version == 2)
      #expect(try await store.authenticate(username: "anna", password: "correct horse") == accepted)
      for token in [invitation.token, "", "x", String(repeating: "A", count: 43)] {
        await expectError(.invitationInvalid) { try await Self.accept(store, token, "another good one") }
      }
      let connection = database.connection()
      #expect(try await database.dump("user_invitations", over: connection).isEmpty)
      let acts = try await database.dump("audit", over: connection)
      #expect(acts.contains("user.invite") && acts.contains("invitation.accept") && !acts.contains(invitation.token))
      await connection.shutdown()
    }
  }

  @Test func ofTwoWhoAcceptAtOnceOneDoes() async throws {
    try await withStore { store, _ in
      let token = try await store.inviteUser(Self.person(), audit: nil).token
      let results = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<4 {
          group.addTask { (try? await Self.accept(store, token, "a good password \(number)")) != nil }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.count { $0 } == 1)
    }
  }

  @Test func aNewInvitationVoidsTheOldAndEndsSessionsWhenAccepted() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      let session = try await store.issueRefreshToken(userID: user.id)
      let first = try await store.invite(userID: user.id, audit: nil)
      let second = try await store.invite(userID: user.id, audit: nil)
      #expect(second.user.state == .active && second.token != first.token)
      await expectError(.invitationInvalid) { try await Self.accept(store, first.token, "another good one") }
      let next = try await store.refresh(session.token).refreshToken
      _ = try await store.authenticate(username: "alice", password: "correct horse")
      let connection = database.connection()
      #expect(!(try await database.dump("user_invitations", over: connection)).contains(second.token))
      await connection.shutdown()

      _ = try await Self.accept(store, second.token, "another good one")
      await expectError(.tokenInvalid) { try await store.refresh(next.token) }
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "alice", password: "correct horse")
      }
      await expectError(.notFound) { try await store.invite(userID: "x", audit: nil) }
    }
  }

  @Test func whatVoidsAnInvitation() async throws {
    try await withStore { store, _ in
      let invitation = try await store.inviteUser(Self.person(), audit: nil)
      let age = SQLStatement(nil, "UPDATE user_invitations SET expires_at = now()")
      _ = try await store.write([age()])
      await expectError(.invitationInvalid) { try await Self.accept(store, invitation.token, "correct horse") }
      try await store.deleteExpiredInvitations()
      let count = SQLStatement(nil, "SELECT count(*) FROM user_invitations")
      #expect(try await store.read(count())[0].first?.int(0) == 0)

      let again = try await store.invite(userID: invitation.user.id, audit: nil)
      try await store.setPassword(userID: invitation.user.id, "correct horse")
      await expectError(.invitationInvalid) { try await Self.accept(store, again.token, "another good one") }

      let third = try await store.invite(userID: invitation.user.id, audit: nil)
      var changes = UserChanges()
      changes.isDisabled = true
      _ = try await store.updateUser(id: invitation.user.id, expectedVersion: nil, changes)
      await expectError(.invitationInvalid) { try await Self.accept(store, third.token, "another good one") }
      await expectError(.invalidArgument) { try await store.invite(userID: invitation.user.id, audit: nil) }
      for lifetime in [Duration.seconds(3_599), .seconds(30 * 86_400 + 1)] {
        await expectError(.invalidArgument) {
          try await store.inviteUser(Self.person("b"), lifetime: lifetime, audit: nil)
        }
      }
      await expectError(.notFound) { try await store.user(username: "b") }
    }
  }
}
