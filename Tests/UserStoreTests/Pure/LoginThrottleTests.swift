import Testing

@testable import UserStore

@Suite struct LoginThrottleTests {
  private let account = LoginThrottle.account

  @Test func fiveAreFreeThenTheTimeDoublesUpToAQuarterOfAnHour() {
    for failures in 0..<5 { #expect(account.wait(failures: Int64(failures), elapsed: 0) == nil) }
    let waits = (5...17).map { account.wait(failures: $0, elapsed: 0) ?? 0 }
    #expect(waits.prefix(10).map { $0 / 1_000 } == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    #expect(waits.suffix(3).allSatisfy { $0 == 900_000 })
  }

  @Test func theWaitGoesBy() {
    #expect(account.wait(failures: 5, elapsed: 400) == 600)
    #expect(account.wait(failures: 5, elapsed: 1_000) == nil)
    #expect(account.wait(failures: 5, elapsed: -50) == 1_000, "a clock that was set back")
  }

  @Test func neverForGood() {
    // Whatever stands there: a quarter of an hour later it may be tried again.
    for failures in [Int64(5), 15, 1_000, .max] { #expect(account.wait(failures: failures, elapsed: 900_000) == nil) }
  }

  @Test func theCountSinks() {
    let network = LoginThrottle.network(free: 100)
    #expect(network.wait(failures: 99, elapsed: 0) == nil)
    #expect(network.wait(failures: 110, elapsed: 0) == 900_000)
    #expect(network.wait(failures: 110, elapsed: 10_000) == 502_000)
    #expect(network.wait(failures: 110, elapsed: 50_000) == nil, "five are forgotten, and 32 seconds over")
  }
}
