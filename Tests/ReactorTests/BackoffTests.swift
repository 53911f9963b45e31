import Testing

@testable import Reactor

@Suite struct BackoffTests {
  @Test func doublesUpToItsLimitWithHalfLeftToChance() {
    let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1))
    #expect(backoff.delay(attempt: 0, chance: 0) == .milliseconds(50))
    #expect(backoff.delay(attempt: 0, chance: 1) == .milliseconds(100))
    #expect(backoff.delay(attempt: 2, chance: 0.5) == .milliseconds(300))
    for attempt in [4, 10, 100, 1_000_000] {
      #expect(backoff.delay(attempt: attempt, chance: 0) == .milliseconds(500))
      #expect(backoff.delay(attempt: attempt, chance: 0.99) <= .seconds(1))
    }
    #expect(backoff.delay(attempt: -1, chance: 5) == .milliseconds(100))
  }

  @Test func leavesAllToChanceWithFullJitter() {
    let backoff = Backoff(base: .milliseconds(100), limit: .seconds(1), certain: 0)
    #expect(backoff.delay(attempt: 3, chance: 0) == .zero)
    #expect(backoff.delay(attempt: 3, chance: 0.5) == .milliseconds(400))
    #expect(backoff.delay(attempt: 9, chance: 1) == .seconds(1))
  }
}
