import ServiceQueue
import Testing

@testable import UserStore

@Suite("Users of an OpenID provider, against a real server", .serialized)
struct OpenIDTests {
  private func identity(
    _ subject: String, issuer: String = "https://a.example", level: AccessLevel = .agent,
    queues: Set<QueueName>? = nil, skills: SkillSet? = nil, name: String? = "Ann"
  ) -> OpenIDIdentity {
    OpenIDIdentity(
      issuer: issuer, subject: subject, level: level, queues: queues, skills: skills, displayName: name)
  }

  private func entry(_ action: String) -> AuditEntry { AuditEntry(action: action, actor: nil) }

  @Test func madeAndBroughtUpToDate() async throws {
    try await withStore { store, _ in
      let made = try await store.signIn(identity("ann"), audit: entry)
      #expect(made.username == "oidc:ann" && made.level == .agent && made.displayName == "Ann" && made.version == 1)
      #expect(try await store.signIn(identity("ann"), audit: entry) == made)
      let queue = QueueName("front-desk")!
      let changed = try await store.signIn(
        identity("ann", level: .supervisor, queues: [queue], skills: SkillSet(["x"], most: 1), name: "Anna"),
        audit: entry)
      #expect(changed.id == made.id && changed.version == 2 && changed.level == .supervisor)
      #expect(changed.queues == [queue] && changed.skills.words == ["x"] && changed.displayName == "Anna")
      let kept = try await store.signIn(
        identity("ann", level: .supervisor, queues: [queue], name: nil), audit: entry)
      #expect(kept == changed, "what the provider says nothing of stays")
      let actions = SQLStatement(nil, "SELECT action || ' ' || object FROM audit ORDER BY id")
      #expect(
        try await store.read(actions())[0].rows.map { try $0.text(0) }
          == ["user.create \(made.id)", "user.change \(made.id)"])
      await expectError(.invalidCredentials) {
        try await store.authenticate(username: "oidc:ann", password: "anything at all")
      }
    }
  }

  @Test func disabledStaysDisabled() async throws {
    try await withStore { store, _ in
      let user = try await store.signIn(identity("ann"), audit: entry)
      var changes = UserChanges()
      changes.isDisabled = true
      let disabled = try await store.updateUser(id: user.id, expectedVersion: nil, changes)
      await expectError(.disabled) { try await store.signIn(identity("ann", level: .admin), audit: entry) }
      #expect(try await store.user(id: user.id) == disabled)
    }
  }

  @Test func subjectsAndIssuersAreToldApart() async throws {
    try await withStore { store, _ in
      let identities = [
        identity("ann"), identity("ANN"), identity("ann", issuer: "https://b.example"), identity("ann "),
        identity("ann@b"), identity(String(repeating: "x", count: 255)), identity("ü"),
      ]
      var users: [User] = []
      for identity in identities { users.append(try await store.signIn(identity, audit: entry)) }
      #expect(Set(users.map(\.id)).count == identities.count)
      for (identity, user) in zip(identities, users) {
        #expect(try await store.signIn(identity, audit: entry) == user)
        #expect(OpenIDName.isName(user.username), "\(user.username)")
        _ = try await store.users(after: user.username, limit: 1)
      }
    }
  }

  @Test func aRaceMakesOneUser() async throws {
    try await withStore { store, database in
      let nodes = [store, database.store(), database.store()]
      let users = try await withThrowingTaskGroup(of: User.self) { group in
        for node in nodes + nodes { group.addTask { try await node.signIn(identity("ann"), audit: entry) } }
        return try await group.reduce(into: Set<User>()) { $0.insert($1) }
      }
      #expect(users.count == 1)
      for node in nodes.dropFirst() { await node.shutdown() }
    }
  }
}
