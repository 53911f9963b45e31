import Testing

@testable import Gateway

/// What a connection may ask in a time. No clock.
@Suite struct CommandRateTests {
  private static let second: Int64 = 1_000_000_000
  private let limits = CommandRate.Limits(commands: 10, frames: 20, bytes: 1_000, refusals: 5)

  private func passed(_ count: Int, _ rate: inout CommandRate, at now: Int64) -> Int {
    (0..<count).count { _ in rate.command(at: now, limits) == .pass }
  }

  @Test func aBurstThenTheRate() {
    var rate = CommandRate(at: 0, limits)
    #expect(passed(20, &rate, at: 0) == 20, "two seconds' worth at once")
    #expect(rate.command(at: 0, limits) == .refuse)
    #expect(rate.command(at: Self.second / 10, limits) == .pass, "one more a tenth of a second later")
    #expect(rate.command(at: Self.second / 10, limits) == .refuse)
    #expect(passed(30, &rate, at: 100 * Self.second) == 20, "what was not used does not pile up")
  }

  @Test func whoKeepsOnIsCutOff() {
    var rate = CommandRate(at: 0, limits)
    _ = passed(20, &rate, at: 0)
    #expect((0..<6).map { _ in rate.command(at: 0, limits) } == Array(repeating: .refuse, count: 5) + [.cut])
  }

  @Test func refusalsAreForgottenAfterAWhile() {
    var rate = CommandRate(at: 0, limits)
    for round in 0..<5 as Range<Int64> {
      let now = round * 11 * Self.second
      #expect(passed(20, &rate, at: now) == 20)
      #expect((0..<5).allSatisfy { _ in rate.command(at: now, limits) == .refuse }, "round \(round)")
    }
  }

  @Test func framesAndTheirBytesCountToo() {
    var rate = CommandRate(at: 0, limits)
    #expect((0..<40).allSatisfy { _ in rate.frame(of: 0, at: 0, limits) == .pass })
    #expect(rate.frame(of: 0, at: 0, limits) == .refuse)

    var bytes = CommandRate(at: 0, limits)
    #expect(bytes.frame(of: 4_000, at: 0, limits) == .pass)
    #expect(bytes.frame(of: 1, at: 0, limits) == .refuse)
    #expect(bytes.frame(of: 1_000, at: Self.second, limits) == .pass)
    #expect(bytes.frame(of: 1 << 20, at: 9 * Self.second, limits) == .pass, "a longer one than fits at once goes alone")
    #expect(bytes.frame(of: 1, at: 9 * Self.second, limits) == .refuse)
  }

  @Test func aClockThatStandsOrGoesBackGivesNothing() {
    var rate = CommandRate(at: Self.second, limits)
    _ = passed(20, &rate, at: Self.second)
    #expect(rate.command(at: 0, limits) == .refuse)
    #expect(rate.command(at: Self.second / 20, limits) == .refuse)
  }

  @Test func theDefaultsAreWhatIsWritten() {
    let limits = CommandRate.Limits()
    #expect(limits.commands == 100 && limits.commands * limits.burst == 200 && limits.mostRefusals == 600)
    #expect(limits.byteBurst >= 8 * 256 * 1_024, "eight bulks at once")
  }
}
