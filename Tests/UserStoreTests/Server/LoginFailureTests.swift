import ServiceQueue
import Testing

@testable import UserStore

@Suite("Failed logins, against a real server", .serialized)
struct LoginFailureTests {
  private static func place(_ address: String) -> LoginOrigin {
    LoginOrigin(address: address, network: address, userAgent: nil)
  }

  private static func fail(_ store: UserStoreActor, _ name: String, _ times: Int, from address: String) async {
    for _ in 0..<times {
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: name, password: "wrong", from: place(address))
      }
    }
  }

  /// As if all of it had been so many seconds ago, however long the passwords took.
  private static func since(_ store: UserStoreActor, _ seconds: Int) async throws {
    let age = SQLStatement(nil, "UPDATE login_failures SET failed_at = now() - interval '\(seconds) seconds'")
    _ = try await store.write([age()])
  }

  @Test func everyNodeCountsAndUnknownNamesAreAsThrottled() async throws {
    try await withStore { store, database in
      _ = try await store.createUser(UserTests.newUser())
      let other = database.store()
      for name in ["alice", "nobody"] {
        await Self.fail(store, name, 3, from: "1.\(name.count).0.1")
        await Self.fail(other, name.uppercased(), 2, from: "1.\(name.count).0.2")
        for node in [store, other] {
          try await Self.since(store, 0)
          await expectError(.throttled) {
            try await node.authenticate(username: name, password: "correct horse", from: Self.place("1.2.3.4"))
          }
        }
      }
      try await Self.since(store, 0)
      do {
        _ = try await store.authenticate(username: "alice", password: "x", from: Self.place("1.2.3.4"))
      } catch let error as UserStoreError {
        #expect(error.retryAfter == 1)
      }
      try await Self.since(store, 1)
      await Self.fail(store, "alice", 1, from: "1.2.3.4")
      try await Self.since(store, 1)
      await expectError(.throttled) { try await store.authenticate(username: "alice", password: "correct horse") }
      try await Self.since(store, 2)
      _ = try await store.authenticate(username: "alice", password: "correct horse")
      await Self.fail(store, "alice", 5, from: "1.2.3.5")
      let dump = SQLStatement(
        nil, "SELECT count(*) FROM login_failures WHERE encode(key, 'escape') LIKE '%alice%'")
      #expect(try await store.read(dump())[0].first?.int(0) == 0)
      await other.shutdown()
    }
  }

  @Test func aUserAtHomeIsNotLockedOutByOthersElsewhere() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let session = try await store.issueRefreshToken(userID: user.id, from: Self.place("10.0.0.1"))
      await Self.fail(store, "alice", 5, from: "6.6.6.6")
      try await Self.since(store, 0)
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("10.0.0.2"))
      }
      _ = try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("10.0.0.1"))
      // At home there is a count too, of that place alone.
      await Self.fail(store, "alice", 5, from: "10.0.0.1")
      try await Self.since(store, 0)
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("10.0.0.1"))
      }
      try await Self.since(store, 2)
      _ = try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("10.0.0.1"))
      // Without the session it is a place like any other.
      await Self.fail(store, "alice", 1, from: "6.6.6.6")
      try await store.logout(session.token)
      try await Self.since(store, 0)
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("10.0.0.1"))
      }
    }
  }

  @Test func anAddressIsSlowedDownWhateverTheNames() async throws {
    try await withStore { _, database in
      let store = database.store { $0.loginFailuresPerNetwork = 6 }
      _ = try await store.createUser(UserTests.newUser())
      for number in 0..<6 { await Self.fail(store, "name\(number)", 1, from: "6.6.6.6") }
      try await Self.since(store, 0)
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("6.6.6.6"))
      }
      _ = try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("6.6.6.7"))
      try await Self.since(store, 1)
      _ = try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("6.6.6.6"))
      // The success does not clear the address.
      await Self.fail(store, "name9", 1, from: "6.6.6.6")
      try await Self.since(store, 0)
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.place("6.6.6.6"))
      }
      await store.shutdown()
    }
  }

  @Test func oldCountsGo() async throws {
    try await withStore { store, _ in
      await Self.fail(store, "nobody", 1, from: "6.6.6.6")
      let count = SQLStatement(nil, "SELECT count(*) FROM login_failures")
      try await store.pruneLoginFailures()
      #expect(try await store.read(count())[0].first?.int(0) == 2)
      try await Self.since(store, 86_401)
      try await store.pruneLoginFailures()
      #expect(try await store.read(count())[0].first?.int(0) == 0)
    }
  }
}
