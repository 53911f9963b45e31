import Testing

@testable import usher_bench

@Suite struct AccountingTests {
  @Test func aRequestIsMissingOnlyWhenNobodySawItAndItIsNowhere() {
    var ledger = RequestLedger(due: [1, 2, 3, 4, 5, 6])
    for number in 0...4 { ledger.publish(number) }
    for number in 0...3 { ledger.answer(number, isTaken: number != 3) }
    let views = [ledger.see(0), ledger.see(0), ledger.see(99)]
    #expect(views == [true, false, false])
    ledger.find(1)
    // Seen nowhere are 2, which was confirmed, and 4, which may have been taken; 3 was refused, 5 not published.
    #expect(ledger.missing == [2, 4])
    #expect(ledger.published == 5 && ledger.confirmed == 3 && ledger.refused == 1 && ledger.seen == 1)
  }

  @Test func latencyCountsFromWhenItWasDue() throws {
    var tally = LoadTally(plan: try plan(), due: [])
    // Each was due a millisecond after the one before; the server stood still for a second, and then answered all at once.
    for number in 0..<1_000 as Range<UInt64> {
      let due = 3_000_000 + number * 1_000
      tally.offer(.start, due: due)
      tally.finish(.start, due: due, now: 4_000_000)
    }
    let latency = Latency(try #require(tally.latencies[.start]).whole)
    #expect((499_000...502_000).contains(latency.p50))
    #expect((989_000...992_000).contains(latency.p99))
    #expect(tally.counts[.start]?.offered == 1_000)
    #expect(tally.counts[.start]?.done == 1_000)
  }

  @Test func whatIsDueInTheWarmUpIsNotMeasured() throws {
    var tally = LoadTally(plan: try plan(), due: [])
    tally.offer(.publish, due: 1_000_000)
    tally.finish(.publish, due: 1_000_000, now: 2_500_000)
    #expect(tally.latencies[.publish] == nil)
    #expect(tally.counts[.publish]?.offered == 0)
    // It did use up what the server could do meanwhile.
    #expect(tally.counts[.publish]?.doneMeanwhile == 1)
    // What is late is late: it is not forgotten because the time is over.
    tally.offer(.publish, due: 11_000_000)
    tally.finish(.publish, due: 11_000_000, now: 15_000_000)
    #expect(tally.counts[.publish]?.done == 1)
    #expect(tally.counts[.publish]?.doneMeanwhile == 1)
    #expect(tally.latencies[.publish]?.milliseconds(50).map { $0.rounded() } == [4_000])
  }

  @Test func aClaimWhenNobodyWaitsIsNoMeasure() throws {
    var tally = LoadTally(plan: try plan(), due: [])
    tally.offer(.claimNext, due: 5_000_000)
    tally.foundEmpty(due: 5_000_000)
    #expect(tally.counts[.claimNext]?.offered == 0)
    #expect(tally.emptyClaims == 1)
    #expect(tally.errors.isEmpty)
  }

  @Test func wordsOfErrorsAreBounded() throws {
    var tally = LoadTally(plan: try plan(), due: [])
    for number in 0..<1_000 { tally.fail("start", "code_\(number)") }
    tally.fail("start", "code_0")
    #expect(tally.errors.count == 65)
    #expect(tally.errors["start: code_0"] == 2)
    #expect(tally.errors["other"] == 1_000 - 64)
  }

  @Test func visitsUnderWayAreBounded() throws {
    var tally = LoadTally(plan: try plan(), due: [])
    let begun = (0...LoadPlan.visitsLimit).map { _ in tally.beginVisit() }
    #expect(begun.count { $0 } == LoadPlan.visitsLimit)
    #expect(tally.errors == ["claim next: client_overrun": 1])
    tally.endVisit()
    let begunAgain = tally.beginVisit()
    #expect(begunAgain)
  }

  @Test func aTimelineCountsSecondsAndNoLaterOnes() {
    var timeline = RateTimeline(seconds: 3)
    for moment in [0, 999_999, 2_000_000, 3_000_000] as [UInt64] { timeline.count(.offered, at: moment) }
    #expect(timeline.counts == [.offered: [2, 0, 1]])
  }

  @Test func whatIsWrongIsAFailure() throws {
    var tally = LoadTally(plan: try plan(), due: [1])
    #expect(LoadResults(plan: try plan(), tally: tally, lost: 0, usage: nil).failures.isEmpty)
    #expect(LoadResults(plan: try plan(), tally: tally, lost: 1, usage: nil).failures.count == 1)
    tally.screens.gaps = 1
    tally.screens.wrongDigests = 1
    tally.screens.missed = 1
    #expect(LoadResults(plan: try plan(), tally: tally, lost: 1, usage: nil).failures.count == 4)
    #expect(LoadResults(plan: try plan(), tally: tally, lost: 1, usage: nil).checks.isEmpty)
  }

  @Test func kindsOfOtherRunsAreNotOurs() {
    let kinds = LoadKinds(run: 35)
    #expect(kinds.kind(12) == "load-z-12")
    #expect(kinds.number("load-z-12") == 12)
    #expect(kinds.number("load-y-12") == nil)
    #expect(kinds.number("passport") == nil)
  }
}
