import FieldEncryption
import ServiceQueue
import Testing

@testable import UserStore

@Suite("Users, against a real server", .serialized)
struct UserTests {
  static func newUser(_ name: String = "Alice", password: String = "correct horse") -> NewUser {
    NewUser(
      username: name, password: password, level: .agent, queues: [Samples.queue], email: "alice@example.org",
      displayName: "Alice Ä. O'Neil")
  }

  @Test func createAndRead() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(Self.newUser())
      #expect(user.username == "Alice" && user.level == .agent && user.queues == [Samples.queue])
      #expect(user.email == "alice@example.org" && user.displayName == "Alice Ä. O'Neil")
      #expect(!user.isDisabled && user.version == 1 && ServiceID(user.id) != nil)
      #expect(try await store.user(id: user.id) == user)
      #expect(try await store.user(username: "aLICE") == user)
      #expect(user.principal == Principal(id: user.id, name: "Alice", level: .agent, queues: [Samples.queue]))
      #expect(user.skills.isEmpty && user.capacity == nil)
      for id in ["nobody", "", "\u{0}", "01920000-0000-4000-8000-000000000000", user.id.uppercased()] {
        await expectError(.notFound) { try await store.user(id: id) }
      }
      await expectError(.notFound) { try await store.user(username: "bob") }
      await expectError(.usernameTaken) { try await store.createUser(Self.newUser("ALICE")) }
    }
  }

  @Test func boundsOfNewUsers() async throws {
    try await withStore { store, _ in
      for name in ["", "a b", "'; DROP TABLE users; --", "Ä", "a\u{0}b"] {
        await expectError(.invalidArgument) { try await store.createUser(Self.newUser(name)) }
      }
      await expectError(.weakPassword) { try await store.createUser(Self.newUser(password: "short")) }
      var new = Self.newUser()
      new.email = ""
      await expectError(.invalidArgument) { [new] in try await store.createUser(new) }
      let page = try await store.users(limit: 10)
      #expect(page.users.isEmpty)
    }
  }

  @Test func personalFieldsRestSealed() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(Self.newUser())
      let connection = database.connection()
      let dump = try await database.dump("users", over: connection)
      #expect(dump.contains("Alice") && dump.contains("$scrypt$"))
      for secret in ["alice@example.org", "Neil", "correct horse"] {
        #expect(!dump.contains(secret) && !dump.contains(Self.hex(secret)))
      }
      // Bound to row and column: swapped, they do not open.
      let swap = SQLStatement(nil, "UPDATE users SET email = display_name, display_name = email")
      _ = try await connection.run([swap()], writes: true)
      await expectError(.internal) { try await store.user(id: user.id) }
      await connection.shutdown()
    }
  }

  @Test func pages() async throws {
    try await withStore { store, _ in
      for name in ["d", "B", "a", "C", "e"] {
        _ = try await store.createUser(NewUser(username: name, password: "correct horse", level: .viewer))
      }
      let first = try await store.users(limit: 2)
      #expect(first.users.map(\.username) == ["a", "B"] && first.next == "b")
      let second = try await store.users(after: first.next, limit: 2)
      #expect(second.users.map(\.username) == ["C", "d"])
      let third = try await store.users(after: second.next, limit: 2)
      #expect(third.users.map(\.username) == ["e"] && third.next == nil)
      for limit in [0, 501, -1] { await expectError(.invalidArgument) { try await store.users(limit: limit) } }
      await expectError(.invalidArgument) { try await store.users(after: "' OR 1=1", limit: 1) }
    }
  }

  @Test func updates() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(Self.newUser())
      var changes = UserChanges()
      changes.level = .supervisor
      changes.queues = .clear
      changes.email = .set("new@example.org")
      changes.displayName = .clear
      let updated = try await store.updateUser(id: user.id, expectedVersion: 1, changes)
      #expect(updated.level == .supervisor && updated.queues == nil && updated.version == 2)
      #expect(updated.email == "new@example.org" && updated.displayName == nil && !updated.isDisabled)
      let sent = changes
      await expectError(.versionMismatch) { try await store.updateUser(id: user.id, expectedVersion: 1, sent) }
      await expectError(.notFound) { try await store.updateUser(id: "x", expectedVersion: nil, sent) }
      let same = try await store.updateUser(id: user.id, expectedVersion: nil, UserChanges())
      #expect(same.version == 3 && same.email == "new@example.org" && same.level == .supervisor)
      let changed = try await store.users(changedSince: same.updatedAt)
      #expect(changed.map(\.id) == [user.id])
      let later = try await store.users(changedSince: Timestamp(milliseconds: same.updatedAt.milliseconds + 1))
      #expect(later.isEmpty)
    }
  }

  @Test func authentication() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(Self.newUser())
      #expect(try await store.authenticate(username: "alice", password: "correct horse") == user)
      let wrong = [
        ("alice", "wrong"), ("bob", "correct horse"), ("alice", ""), ("' OR '1'='1", "x"), ("alice'--", "x"),
        ("alice", String(repeating: "x", count: 5000)), ("", ""),
      ]
      for (name, password) in wrong {
        await expectError(.invalidCredentials) { try await store.authenticate(username: name, password: password) }
      }
      try await store.setPassword(userID: user.id, "another good one")
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "alice", password: "correct horse")
      }
      _ = try await store.authenticate(username: "alice", password: "another good one")
      var changes = UserChanges()
      changes.isDisabled = true
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      await expectError(.disabled) { try await store.authenticate(username: "alice", password: "another good one") }
      await expectError(.invalidCredentials) { try await store.authenticate(username: "alice", password: "wrong") }
      await expectError(.notFound) { try await store.setPassword(userID: "x", "another good one") }
      await expectError(.weakPassword) { try await store.setPassword(userID: user.id, "short") }
    }
  }

  @Test func rehashesOnLogin() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(Self.newUser())
      let stronger = database.store(hasher: PasswordHasher(parameters: ScryptParameters(logN: 5, r: 8, p: 1)!))
      #expect(try await store.one(UserStoreActor.selectUser(id: user.id)).passwordPHC?.contains("ln=4") == true)
      #expect(try await stronger.authenticate(username: "Alice", password: "correct horse") == user)
      #expect(try await store.one(UserStoreActor.selectUser(id: user.id)).passwordPHC?.contains("ln=5") == true)
      #expect(try await stronger.authenticate(username: "Alice", password: "correct horse") == user)
      await stronger.shutdown()
    }
  }

  /// Clocks lie on a busy machine, so: an unknown user stands in the same line for a computation as a known one.
  @Test func unknownUserCostsAsMuch() async throws {
    try await withStore { store, database in
      _ = try await store.createUser(Self.newUser())
      let hasher = PasswordHasher(parameters: ScryptParameters(logN: 17, r: 8, p: 8)!, workers: 1, waitingLimit: 0)
      let busy = database.store(hasher: hasher)
      try await busy.checkHealth()
      async let computation = hasher.hash("keeps the only worker busy")
      try await Task.sleep(for: .milliseconds(100))
      for name in ["alice", "nobody", "no body", ""] {
        await expectError(.overloaded) { try await busy.authenticate(username: name, password: "wrong") }
      }
      _ = try await computation
      await busy.shutdown()
    }
  }

  static func hex(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
