import ServiceQueue
import Testing

@testable import UserStore

@Suite("Links of displays, against a real server", .serialized)
struct BoardLinkTests {
  private static let lobby = LoginOrigin(address: "192.0.2.9", network: "192.0.2.9", userAgent: nil)

  private static func new(
    _ number: Int, by user: User, queue: QueueName = Samples.queue, label: String? = nil
  ) -> NewBoardLink {
    NewBoardLink(id: Samples.id(number).rawValue, queue: queue, label: label, creatorID: user.id)
  }

  private static func audit(_ verb: String) -> AuditEntry { AuditEntry(action: "board_link.\(verb)", actor: nil) }

  @Test func theSecretIsToldOnceAndKeptAsAHash() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      let (link, secret) = try await store.createBoardLink(
        Self.new(1, by: user, label: "Ground floor"), audit: Self.audit("create"))
      #expect(link.label == "Ground floor" && link.creator == .init(id: user.id, name: user.username))
      #expect(link.queue == Samples.queue && link.lastUsedAt == nil)
      #expect(try await store.boardLinks(of: Samples.queue) == [link])
      #expect(try await store.boardLinks(of: Samples.roadside).isEmpty)
      #expect(try await store.useBoardLink(secret, from: Self.lobby).id == link.id)
      let connection = database.connection()
      let dump = try await database.dump("board_links", over: connection)
      await connection.shutdown()
      let raw = try #require(Base64.url.decode(secret))
      #expect(raw.count == 32 && !dump.contains(secret) && !dump.contains(raw.hexadecimal))
      for label in ["", String(repeating: "x", count: 81), "a\u{0}b", "a\nb"] {
        await expectError(.invalidArgument) {
          try await store.createBoardLink(Self.new(2, by: user, label: label), audit: nil)
        }
      }
    }
  }

  @Test func thatItIsUsedIsWrittenOnceAMinute() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let secret = try await store.createBoardLink(Self.new(1, by: user), audit: nil).secret
      func used() async throws -> Timestamp? { try await store.boardLinks(of: Samples.queue)[0].lastUsedAt }
      _ = try await store.useBoardLink(secret, from: Self.lobby)
      let first = try #require(try await used())
      _ = try await store.useBoardLink(secret, from: Self.lobby)
      #expect(try await used() == first)
      let age = SQLStatement(nil, "UPDATE board_links SET last_used_at = last_used_at - interval '61 seconds'")
      _ = try await store.write([age()])
      _ = try await store.useBoardLink(secret, from: Self.lobby)
      #expect(try #require(try await used()) >= first)
    }
  }

  @Test func aQueueHasSoManyWhoeverMakesThemAtOnce() async throws {
    try await withStore { store, database in
      let user = try await store.createUser(UserTests.newUser())
      let nodes = [store, database.store()]
      let made = await withTaskGroup(of: Bool.self) { group in
        for number in 1...(BoardLink.most + 6) {
          group.addTask {
            do {
              _ = try await nodes[number % 2].createBoardLink(Self.new(number, by: user), audit: Self.audit("create"))
              return true
            } catch { return (error as? UserStoreError)?.code != .limitReached }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(made == BoardLink.most)
      let links = try await store.boardLinks(of: Samples.queue)
      #expect(links.count == BoardLink.most)
      let count = SQLStatement(nil, "SELECT count(*) FROM audit WHERE action = 'board_link.create'")
      #expect(try await store.read(count())[0].first?.int(0) == Int64(BoardLink.most), "a refusal is no act")
      _ = try await store.createBoardLink(Self.new(100, by: user, queue: Samples.roadside), audit: nil)
      _ = try await store.revokeBoardLink(id: links[3].id, of: Samples.queue, audit: nil)
      _ = try await store.createBoardLink(Self.new(101, by: user), audit: nil)
      await nodes[1].shutdown()
    }
  }

  @Test func revokedItIsNoLinkAndAnEndedSession() async throws {
    try await withStore { store, _ in
      let user = try await store.createUser(UserTests.newUser())
      let session = try await store.issueRefreshToken(userID: user.id)
      let (link, secret) = try await store.createBoardLink(Self.new(1, by: user), audit: nil)
      let kept = try await store.createBoardLink(Self.new(2, by: user), audit: nil).link
      for (id, queue) in [(link.id, Samples.roadside), (Samples.id(9).rawValue, Samples.queue), ("x", Samples.queue)] {
        await expectError(.notFound) {
          try await store.revokeBoardLink(id: id, of: queue, audit: Self.audit("revoke"))
        }
      }
      let ended = try await store.revokeBoardLink(id: link.id, of: Samples.queue, audit: Self.audit("revoke"))
      #expect(ended.id == link.id)
      await expectError(.linkInvalid) { try await store.useBoardLink(secret, from: Self.lobby) }
      await expectError(.notFound) {
        try await store.revokeBoardLink(id: link.id, of: Samples.queue, audit: Self.audit("revoke"))
      }
      #expect(try await store.boardLinks(of: Samples.queue).map(\.id) == [kept.id])
      try await store.logout(session.token)
      let all = try await store.sessions(endedSince: Timestamp(milliseconds: 0))
      #expect(Set(all.map(\.id)) == [link.id, session.sessionID], "links and sessions are told alike")
      #expect(try await store.sessions(endedSince: all[0].endedAt, after: all[0].id) == [all[1]], "in pages")
      let count = SQLStatement(nil, "SELECT count(*) FROM audit WHERE action = 'board_link.revoke' AND object = $1")
      #expect(try await store.read(count(.text(link.id)))[0].first?.int(0) == 1)
      await store.deleteRevokedLinks()
      let rows = SQLStatement(nil, "SELECT count(*) FROM board_links")
      #expect(try await store.read(rows())[0].first?.int(0) == 2, "a token of it may still be about")
      let age = SQLStatement(nil, "UPDATE board_links SET revoked_at = revoked_at - interval '49 hours'")
      _ = try await store.write([age()])
      await store.deleteRevokedLinks()
      #expect(try await store.read(rows())[0].first?.int(0) == 1)
    }
  }

  @Test func wrongSecretsCountAsFailedLogins() async throws {
    try await withStore { _, database in
      let store = database.store { $0.loginFailuresPerNetwork = 3 }
      let user = try await store.createUser(UserTests.newUser())
      let secret = try await store.createBoardLink(Self.new(1, by: user), audit: nil).secret
      let other = try TokenSecret.draw().text
      for wrong in [other, "", "x"] {
        await expectError(.linkInvalid) { try await store.useBoardLink(wrong, from: Self.lobby) }
      }
      await expectError(.throttled) { try await store.useBoardLink(other, from: Self.lobby) }
      await expectError(.throttled) { try await store.countFailure(from: Self.lobby) }
      await expectError(.throttled) {
        try await store.authenticate(username: "alice", password: "correct horse", from: Self.lobby)
      }
      _ = try await store.useBoardLink(secret, from: Self.lobby)
      await expectError(.linkInvalid) {
        try await store.useBoardLink(
          other, from: LoginOrigin(address: "192.0.2.10", network: "192.0.2.10", userAgent: nil))
      }
      await expectError(.linkInvalid) { try await store.useBoardLink(other, from: .unknown) }
      await store.shutdown()
    }
  }
}
