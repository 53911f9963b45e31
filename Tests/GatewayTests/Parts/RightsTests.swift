import ServiceQueue
import Testing

@testable import Gateway
@testable import UserStore

/// Tokens held against the present rights of their users, and how changes are looked at. No I/O, no clock.
@Suite struct RightsTests {
  private static let now: Int64 = 1_800_000_000_000
  private static let desk = QueueName("front-desk")!

  private func user(
    _ id: String, _ level: AccessLevel = .agent, queues: Set<QueueName>? = nil, skills: SkillSet = .none,
    capacity: Int? = nil, isDisabled: Bool = false, at moment: Int64 = now, version: Int64 = 2
  ) -> User {
    User(
      id: id, username: id, level: level, queues: queues, skills: skills, capacity: capacity, isDisabled: isDisabled,
      email: nil, displayName: nil, createdAt: Timestamp(milliseconds: 0), updatedAt: Timestamp(milliseconds: moment),
      version: version)
  }

  private func token(
    _ id: String, _ level: AccessLevel = .agent, queues: Set<QueueName>? = nil, skills: SkillSet = .none,
    capacity: Int? = nil, session: String? = nil, issuedAt: Int64 = now
  ) -> AccessToken {
    AccessToken(
      principal: Principal(id: id, name: id, level: level, queues: queues, skills: skills, capacity: capacity),
      issuedAt: issuedAt / 1_000, expiresAt: issuedAt / 1_000 + 600, session: session)
  }

  private func ended(_ id: String, at moment: Int64 = now) -> EndedSession {
    EndedSession(id: id, endedAt: Timestamp(milliseconds: moment))
  }

  private func seen(_ cursor: inout ChangeCursor, _ page: [User], now: Int64) -> ChangeCursor.Place? {
    cursor.seen(
      page.count, upTo: page.last.map { .init(moment: $0.updatedAt.milliseconds, id: $0.id) }, now: now)
  }

  private func registry(capacity: Int = 10_000) -> RightsRegistry {
    let registry = RightsRegistry(tokenLifetime: 600_000, capacity: capacity)
    registry.looked(now: Self.now)
    return registry
  }

  @Test func nobodyIsLetInBeforeTheFirstLook() {
    let registry = RightsRegistry(tokenLifetime: 600_000)
    #expect(!registry.isReady && registry.verdict(on: token("a")) == .unknown)
    registry.looked(now: Self.now)
    #expect(registry.isReady && registry.verdict(on: token("a")) == .current)
  }

  @Test func rightsAreCompared() {
    let registry = registry()
    let fresh = registry.note(
      [user("a", .viewer), user("b", isDisabled: true), user("c", queues: [Self.desk])], now: Self.now)
    #expect(Set(fresh.keys) == ["a", "b", "c"])
    #expect(registry.verdict(on: token("a", .agent)) == .outdated)
    #expect(registry.verdict(on: token("a", .viewer)) == .current)
    #expect(registry.verdict(on: token("b")) == .disabled)
    #expect(registry.verdict(on: token("c")) == .outdated, "one queue is not all")
    #expect(registry.verdict(on: token("c", queues: [Self.desk])) == .current)
    #expect(registry.verdict(on: token("d")) == .current)
  }

  @Test func skillsAndCapacityAreRights() {
    let registry = registry()
    let german = SkillSet(["german"], most: 1)!
    _ = registry.note([user("a", skills: german), user("b", capacity: 3)], now: Self.now)
    #expect(registry.verdict(on: token("a")) == .outdated)
    #expect(registry.verdict(on: token("a", skills: german)) == .current)
    #expect(registry.verdict(on: token("b")) == .outdated && registry.verdict(on: token("b", capacity: 2)) == .outdated)
    #expect(registry.verdict(on: token("b", capacity: 3)) == .current)
  }

  @Test func theLatestVersionCounts() {
    let registry = registry()
    _ = registry.note([user("a", .viewer, version: 3)], now: Self.now)
    #expect(registry.note([user("a", .admin, version: 2)], now: Self.now).isEmpty)
    #expect(registry.note([user("a", .viewer, version: 3)], now: Self.now).isEmpty, "seen before")
    #expect(registry.verdict(on: token("a", .admin)) == .outdated)
    #expect(registry.note([user("a", isDisabled: true, version: 4)], now: Self.now).count == 1)
    #expect(registry.note([user("new", version: 1)], now: Self.now).isEmpty, "has no older tokens")
    #expect(registry.count == 1)
  }

  @Test func changesAreForgottenOnceNoTokenIsOlder() {
    let registry = registry()
    _ = registry.note([user("a", isDisabled: true)], now: Self.now)
    registry.looked(now: Self.now + 659_999)
    #expect(registry.verdict(on: token("a")) == .disabled)
    registry.looked(now: Self.now + 660_000)
    #expect(registry.count == 0)
  }

  @Test func overflowFailsSafe() {
    let registry = registry(capacity: 3)
    let changes = (0..<5).map { user("\($0)", isDisabled: true, at: Self.now + Int64($0) * 10_000) }
    _ = registry.note(changes, now: Self.now + 40_000)
    #expect(registry.count == 3)
    // The change of 1, at 10 s, was the last that was dropped.
    #expect(registry.verdict(on: token("0")) == .outdated && registry.verdict(on: token("1")) == .outdated)
    #expect(registry.verdict(on: token("4")) == .disabled)
    #expect(registry.verdict(on: token("other", issuedAt: Self.now + 15_000)) == .outdated)
    #expect(registry.verdict(on: token("other", issuedAt: Self.now + 16_000)) == .current)
    // Looked at again, the dropped ones do not push out others.
    _ = registry.note(Array(changes[..<2]), now: Self.now + 41_000)
    #expect(registry.count == 3 && registry.verdict(on: token("2")) == .disabled)
    #expect(registry.verdict(on: token("other", issuedAt: Self.now + 16_000)) == .current)
  }

  @Test func aChangeOfTheFutureDoesNotOutdateAllTokens() {
    let registry = registry(capacity: 1)
    _ = registry.note(
      [user("a", at: .max), user("b", at: Self.now)], now: Self.now)
    #expect(registry.verdict(on: token("c", issuedAt: Self.now + 10_000)) == .current)
  }

  @Test func tokensOfEndedSessionsAreVoid() {
    let registry = RightsRegistry(tokenLifetime: 600_000)
    #expect(registry.note(ended: [ended("s")], now: Self.now) == ["s"])
    #expect(registry.verdict(on: token("a", session: "s")) == .unknown, "before the first look")
    registry.looked(now: Self.now)
    #expect(registry.verdict(on: token("a", session: "s")) == .ended)
    #expect(registry.verdict(on: token("a", session: "other")) == .current)
    #expect(registry.verdict(on: token("a")) == .current)
    #expect(registry.note(ended: [ended("s")], now: Self.now).isEmpty, "seen before")
    registry.looked(now: Self.now + 660_000)
    #expect(registry.verdict(on: token("a", session: "s")) == .current, "no token is older")
  }

  @Test func overflowOfSessionsFailsSafe() {
    let registry = registry(capacity: 3)
    let all = (0..<5).map { ended("\($0)", at: Self.now + Int64($0) * 10_000) }
    #expect(registry.note(ended: all, now: Self.now + 40_000).count == 5)
    #expect(registry.verdict(on: token("a", session: "0")) == .outdated, "its bearer must refresh, and cannot")
    #expect(registry.verdict(on: token("a", session: "4")) == .ended)
    #expect(registry.verdict(on: token("a", session: "other", issuedAt: Self.now + 15_000)) == .outdated)
    #expect(registry.verdict(on: token("a", session: "other", issuedAt: Self.now + 16_000)) == .current)
  }

  @Test func fullPagesAreContinued() {
    var cursor = ChangeCursor(from: 100)
    #expect(cursor.first(now: Self.now) == .init(moment: 100, id: nil))
    let full = (0..<1_000).map { user("u\(1_000 + $0)", at: Self.now) }
    #expect(seen(&cursor, full, now: Self.now) == .init(moment: Self.now, id: "u1999"))
    #expect(seen(&cursor, [user("u2000", at: Self.now)], now: Self.now) == nil)
    #expect(seen(&cursor, [], now: Self.now) == nil)
  }

  @Test func looksOverlapUntilNothingCanComeLate() {
    var cursor = ChangeCursor(from: 100)
    _ = seen(&cursor, [user("a", at: Self.now - 50)], now: Self.now)
    #expect(cursor.first(now: Self.now + 1_000) == .init(moment: Self.now - 5_050, id: nil))
    _ = seen(&cursor, [user("a", at: Self.now - 50)], now: Self.now + 1_000)
    #expect(cursor.first(now: Self.now + 10_001) == .init(moment: Self.now - 50, id: "a"))
    // The database's clock is slow: what it changes next is after the last change, by its clock.
    _ = seen(&cursor, [user("b", at: Self.now - 40)], now: Self.now + 20_000)
    #expect(cursor.first(now: Self.now + 20_000) == .init(moment: Self.now - 5_040, id: nil))
    // A change from the future does not hide those of the present.
    _ = seen(&cursor, [user("c", at: Self.now + 1_000_000)], now: Self.now + 21_000)
    #expect(cursor.first(now: Self.now + 60_000) == .init(moment: Self.now + 55_000, id: nil))
  }
}
