import ServiceQueue
import Testing

@testable import UserStore

@Suite("Searching users, against a real server", .serialized)
struct UserSearchTests {
  private static func names(_ store: UserStoreActor, _ set: (inout UserFilter) -> Void) async throws -> [String] {
    var filter = UserFilter()
    set(&filter)
    return try await store.users(matching: filter, limit: 100).users.map(\.username)
  }

  @Test func everyFilterAndTheirSum() async throws {
    try await withStore { store, _ in
      let german = try #require(SkillSet(["german"], most: 5))
      _ = try await store.createUser(
        NewUser(username: "Anna", password: "correct horse", level: .agent, queues: [Samples.queue], skills: german))
      _ = try await store.createUser(
        NewUser(username: "anton", password: "correct horse", level: .agent, queues: [Samples.roadside]))
      let bob = try await store.createUser(
        NewUser(username: "bob", password: "correct horse", level: .supervisor, email: " Bob@Example.org"))
      _ = try await store.inviteUser(
        NewUser(username: "zoe", password: nil, level: .viewer, email: "bob@example.org"), audit: nil)
      var disabled = UserChanges()
      disabled.isDisabled = true
      _ = try await store.updateUser(id: bob.id, expectedVersion: nil, disabled)

      #expect(try await Self.names(store) { _ in } == ["Anna", "anton", "bob", "zoe"])
      #expect(try await Self.names(store) { $0.level = .agent } == ["Anna", "anton"])
      #expect(try await Self.names(store) { $0.state = .active } == ["Anna", "anton"])
      #expect(try await Self.names(store) { $0.state = .disabled } == ["bob"])
      #expect(try await Self.names(store) { $0.state = .invited } == ["zoe"])
      #expect(try await Self.names(store) { $0.state = .erased } == [])
      #expect(try await Self.names(store) { $0.queue = Samples.queue } == ["Anna", "bob", "zoe"])
      #expect(try await Self.names(store) { $0.skill = "german" } == ["Anna"])
      #expect(try await Self.names(store) { $0.namePrefix = "AN" } == ["Anna", "anton"])
      #expect(try await Self.names(store) { $0.namePrefix = "anna" } == ["Anna"])
      #expect(try await Self.names(store) { $0.email = "BOB@example.org " } == ["bob", "zoe"])
      #expect(try await Self.names(store) { $0.email = "bob@example.com" } == [])
      #expect(
        try await Self.names(store) {
          $0.email = "bob@example.org"
          $0.state = .invited
          $0.namePrefix = "z"
        } == ["zoe"])
      for prefix in ["a%", "' OR 1=1", "_n"] {
        await expectError(.invalidArgument) { try await Self.names(store) { $0.namePrefix = prefix } }
      }
    }
  }

  @Test func anAddressIsFoundThatWasThereBefore() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      _ = try await store.write([SQLStatement(nil, "UPDATE users SET email_index = NULL")()])
      #expect(try await Self.names(store) { $0.email = "alice@example.org" } == [])
      try await store.indexAddresses()
      #expect(try await Self.names(store) { $0.email = "alice@example.org" } == ["Alice"])
      var changes = UserChanges()
      changes.email = .set("new@example.org")
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      #expect(try await Self.names(store) { $0.email = "new@example.org" } == ["Alice"])
      changes.email = .clear
      _ = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      #expect(try await Self.names(store) { $0.email = "new@example.org" } == [])
      let connection = database.connection()
      #expect(!(try await database.dump("users", over: connection)).contains(UserTests.hex("example")))
      await connection.shutdown()
    }
  }

  @Test func pagesStayStableWhileUsersComeAndGo() async throws {
    try await withStore { store, _ in
      for number in 10..<20 {
        _ = try await store.createUser(NewUser(username: "u\(number)", password: "correct horse", level: .viewer))
      }
      var filter = UserFilter()
      filter.level = .viewer
      filter.namePrefix = "u"
      let first = try await store.users(matching: filter, limit: 4)
      #expect(first.users.map(\.username) == ["u10", "u11", "u12", "u13"])
      _ = try await store.createUser(NewUser(username: "u105", password: "correct horse", level: .viewer))
      _ = try await store.eraseUser(id: first.users[2].id, expectedVersion: nil, audit: nil)
      let second = try await store.users(matching: filter, after: first.next, limit: 4)
      #expect(second.users.map(\.username) == ["u14", "u15", "u16", "u17"])
      let third = try await store.users(matching: filter, after: second.next, limit: 4)
      #expect(third.users.map(\.username) == ["u18", "u19"] && third.next == nil)
    }
  }
}
