import ServiceQueue
import Testing

@testable import Gateway

@Suite struct PresenceLedgerTests {
  private let queue = QueueName("a")!
  private let start = ContinuousClock.now

  private func entry(_ number: Int) -> PresenceEntry {
    PresenceEntry(connection: "c\(number)", user: "u", name: "anna", level: .agent)
  }

  private func change(_ kind: PresenceChange.Kind, _ number: Int) -> PresenceChange {
    PresenceChange(queue: queue, kind: kind, entry: entry(number))
  }

  /// A ledger of which the Broker has been told that these are there.
  private func ledger(told numbers: Range<Int> = 0..<0) -> PresenceLedger {
    var ledger = PresenceLedger(node: "n")
    for number in numbers { ledger.joined(queue, entry(number)) }
    while ledger.next(now: start) != nil { ledger.answered() }
    return ledger
  }

  @Test func aNodeTellsThatItLives() {
    var ledger = PresenceLedger(node: "n")
    #expect(ledger.next(now: start) == PresenceAnnouncement(node: "n", number: 1, changes: []))
    #expect(ledger.hasNews, "not answered yet")
    ledger.answered()
    #expect(!ledger.hasNews && ledger.next(now: start + .milliseconds(4_999)) == nil)
    #expect(ledger.next(now: start + .seconds(5)) == PresenceAnnouncement(node: "n", number: 2, changes: []))
  }

  @Test func whatCancelsOutIsNotTold() {
    var ledger = ledger(told: 0..<2)
    ledger.joined(queue, entry(2))
    ledger.left(queue, entry(2))
    ledger.left(queue, entry(9))
    ledger.left(queue, entry(1))
    ledger.joined(queue, entry(1))
    ledger.joined(queue, entry(0))
    #expect(!ledger.hasNews && ledger.next(now: start) == nil)
    ledger.left(queue, entry(1))
    ledger.left(queue, entry(1))
    #expect(ledger.next(now: start)?.changes == [change(.left, 1)])
    ledger.answered()
    ledger.left(queue, entry(1))
    ledger.joined(queue, entry(1))
    #expect(ledger.next(now: start)?.changes == [change(.joined, 1)])
  }

  @Test func onlyOneAnnouncementIsUnderWay() {
    var ledger = ledger()
    ledger.joined(queue, entry(1))
    let first = ledger.next(now: start)
    #expect(first?.changes == [change(.joined, 1)])
    // Meanwhile it leaves; what is under way may have been carried out.
    ledger.left(queue, entry(1))
    #expect(ledger.next(now: start + .seconds(60)) == first, "a failed one comes again as it was")
    ledger.answered()
    #expect(ledger.next(now: start)?.changes == [change(.left, 1)])
    ledger.answered()
    #expect(!ledger.hasNews)
  }

  @Test func manyGoInFewAnnouncements() {
    var ledger = ledger()
    for number in 0..<1_201 { ledger.joined(queue, entry(number)) }
    var sizes: [Int] = []
    var told: Set<PresenceChange> = []
    while let announcement = ledger.next(now: start) {
      sizes.append(announcement.changes.count)
      told.formUnion(announcement.changes)
      ledger.answered()
    }
    #expect(sizes == [500, 500, 201] && told == Set((0..<1_201).map { change(.joined, $0) }))
  }

  @Test func whoWasForgottenTellsEverythingAgain() {
    var ledger = ledger(told: 0..<3)
    ledger.left(queue, entry(0))
    #expect(ledger.next(now: start)?.changes == [change(.left, 0)])
    ledger.left(queue, entry(1))
    ledger.joined(queue, entry(3))
    ledger.forgotten(renamed: "m")
    let again = ledger.next(now: start)
    #expect(again?.node == "m" && again?.number == 1)
    #expect(Set(again?.changes ?? []) == [change(.left, 0), change(.left, 1), change(.joined, 2), change(.joined, 3)])
    ledger.answered()
    #expect(!ledger.hasNews && ledger.next(now: start) == nil)
  }

  @Test func oneThatCameBackIsNotToldToHaveLeft() {
    var ledger = ledger(told: 0..<1)
    ledger.left(queue, entry(0))
    _ = ledger.next(now: start)
    ledger.joined(queue, entry(0))
    ledger.forgotten(renamed: "m")
    #expect(ledger.next(now: start)?.changes == [change(.joined, 0)])
  }

  @Test func atTheEndAllHaveLeft() {
    var ledger = ledger(told: 0..<2)
    ledger.joined(queue, entry(2))
    ledger.allLeft()
    #expect(Set(ledger.next(now: start)?.changes ?? []) == [change(.left, 0), change(.left, 1)])
    ledger.answered()
    #expect(!ledger.hasNews)
  }

  @Test func aStormIsNotPushed() {
    var throttle = PresenceThrottle()
    let (a, b) = (QueueName("a")!, QueueName("b")!)
    let most = PresenceThrottle.perSecond
    func admits(_ count: Int, of queue: QueueName, at moment: Duration) -> Bool {
      throttle.admits(count, of: queue, now: start + moment)
    }
    #expect(admits(most - 1, of: a, at: .zero))
    #expect(admits(1, of: a, at: .milliseconds(500)))
    #expect(!admits(1, of: a, at: .milliseconds(999)))
    #expect(admits(most, of: b, at: .zero))
    #expect(!admits(most + 1, of: a, at: .seconds(1)))
    #expect(!admits(1, of: a, at: .milliseconds(1_999)))
    #expect(admits(1, of: a, at: .seconds(2)))
  }

  @Test func whoFailsWaitsLonger() {
    #expect(PresenceKeeper.wait(after: 0) == .milliseconds(200))
    #expect((.milliseconds(300) ... .milliseconds(400)).contains(PresenceKeeper.wait(after: 1)))
    #expect((.milliseconds(3_750) ... .seconds(5)).contains(PresenceKeeper.wait(after: 100)))
  }
}
