import Testing

@testable import Gateway

/// What is remembered of changes, and for how long. No I/O, no clock.
@Suite struct RecentChangesTests {
  private static let now: Int64 = 1_800_000_000_000

  private func changes(capacity: Int = 10) -> RecentChanges<String> { RecentChanges(capacity: capacity, memory: 1_000) }

  private func change(
    _ id: String, to value: String = "", version: Int64 = 1, at moment: Int64 = now
  ) -> RecentChanges<String>.Change {
    .init(id: id, version: version, moment: moment, value: value)
  }

  @Test func theHighestVersionCounts() {
    var changes = changes()
    #expect(changes["a"] == nil)
    let fresh = changes.note([change("a", to: "two", version: 2), change("b", to: "one")], now: Self.now)
    #expect(fresh == ["a": "two", "b": "one"])
    #expect(changes.note([change("a", to: "one"), change("a", to: "again", version: 2)], now: Self.now).isEmpty)
    #expect(changes["a"] == "two")
    #expect(changes.note([change("a", to: "three", version: 3)], now: Self.now) == ["a": "three"])
    #expect(changes["a"] == "three" && changes.count == 2 && changes.droppedUpTo == nil)
  }

  @Test func eachIsForgottenInItsTime() {
    var changes = changes()
    _ = changes.note([change("a"), change("b")], now: Self.now)
    _ = changes.note([change("b", version: 2)], now: Self.now + 500)
    changes.forget(now: Self.now + 999)
    #expect(changes.count == 2)
    changes.forget(now: Self.now + 1_000)
    #expect(changes["a"] == nil && changes["b"] != nil)
    changes.forget(now: Self.now + 1_500)
    #expect(changes.count == 0 && changes.droppedUpTo == nil)
  }

  @Test func theOldestAreDropped() {
    var changes = changes(capacity: 2)
    let all = [4, 1, 3, 2].map { change("\($0)", at: Self.now + $0) }
    #expect(changes.note(all, now: Self.now + 10).count == 4)
    #expect(changes.count == 2 && changes["4"] != nil && changes["3"] != nil)
    #expect(changes.droppedUpTo == Self.now + 2)
    // Seen again they are news each time, since nothing is known of them, but push out nothing.
    #expect(changes.note([change("1", at: Self.now + 1)], now: Self.now + 20).count == 1)
    #expect(changes.count == 2 && changes["1"] == nil)
    // What is known takes its next version, however old that is.
    #expect(changes.note([change("3", to: "new", version: 2, at: Self.now)], now: Self.now + 20).count == 1)
    #expect(changes["3"] == "new" && changes.droppedUpTo == Self.now + 2)
  }

  @Test func nothingIsOfTheFuture() {
    var changes = changes(capacity: 1)
    _ = changes.note([change("a", at: .max), change("b", at: .max)], now: Self.now)
    #expect(changes.count == 1 && changes.droppedUpTo == Self.now)
  }
}
