import Testing

@testable import Reactor

@Suite struct InboxTests {
  @Test func onlyTheFirstJobForASleeperSignals() {
    var inbox = Inbox<Int>()
    #expect(inbox.add(1) == .none)
    #expect(inbox.prepareToWait(idle: true) == .poll)
    var batch: [Int] = []
    inbox.take(into: &batch)
    #expect(batch == [1])
    #expect(inbox.prepareToWait(idle: false) == .poll)
    #expect(inbox.prepareToWait(idle: true) == .sleep)
    #expect(inbox.add(2) == .wake)
    #expect(inbox.add(3) == .none)
  }

  @Test func aSignalNotYetConsumedIsNotRepeated() {
    var inbox = Inbox<Int>()
    #expect(inbox.prepareToWait(idle: true) == .sleep)
    #expect(inbox.add(1) == .wake)
    // Back because of a descriptor, before the signal came.
    inbox.awake(signalled: false)
    var batch: [Int] = []
    inbox.take(into: &batch)
    #expect(inbox.prepareToWait(idle: true) == .sleep)
    #expect(inbox.add(2) == .none)
    #expect(inbox.wakePending)
    inbox.awake(signalled: true)
    #expect(!inbox.wakePending)
    batch = []
    inbox.take(into: &batch)
    #expect(inbox.prepareToWait(idle: true) == .sleep)
    #expect(inbox.add(3) == .wake)
  }

  @Test func stopWakesAndEndsOnlyWhenNothingIsLeft() {
    var inbox = Inbox<Int>()
    #expect(inbox.isRunning)
    #expect(inbox.prepareToWait(idle: true) == .sleep)
    #expect(inbox.stop() == .wake)
    #expect(inbox.stop() == .none)
    #expect(!inbox.isRunning)
    inbox.awake(signalled: true)
    #expect(inbox.prepareToWait(idle: true) == .stop)
    #expect(inbox.add(1) == .none)
    #expect(inbox.finish(idle: true, forced: false) == nil)
    var batch: [Int] = []
    inbox.take(into: &batch)
    #expect(inbox.finish(idle: false, forced: false) == nil)
    #expect(inbox.finish(idle: true, forced: false) == Inbox.Action.none)
  }

  @Test func jobsAfterTheEndHaveOneFallbackRunAtATime() {
    var inbox = Inbox<Int>()
    #expect(inbox.stop() == .none)
    #expect(inbox.add(1) == .none)
    #expect(inbox.finish(idle: true, forced: true) == .runFallback)
    #expect(inbox.add(2) == .none)
    var batch: [Int] = []
    inbox.take(into: &batch)
    #expect(batch == [1, 2])
    var anotherRound = inbox.fallbackRoundEnded(idle: true)
    #expect(!anotherRound)
    #expect(inbox.add(3) == .runFallback)
    anotherRound = inbox.fallbackRoundEnded(idle: true)
    #expect(anotherRound)
  }
}
