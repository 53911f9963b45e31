import Testing

@testable import BrokerRPC

@Suite struct BatchQueueTests {
  private typealias Queue = BatchQueue<Int, String>
  private let now = ContinuousClock.now

  private func queue(items: Int = 100, batch: Int = 4, weight: Int = 10, batches: Int = 2) -> Queue {
    Queue(limits: .init(items: items, batch: batch, weight: weight, batches: batches))
  }

  private func entry(_ items: [Int], weight: Int = 1, _ waiter: String = "w", after seconds: Int = 5) -> Queue.Entry {
    Queue.Entry(items: items, weight: weight, waiter: waiter, deadline: now + .seconds(seconds))
  }

  @Test func whatWaitsTogetherTravelsTogetherUpToTheBounds() {
    var queue = queue()
    for number in 1...6 { #expect(queue.add(entry([number])) == true) }
    #expect(queue.take()?.entries.flatMap(\.items) == [1, 2, 3, 4])
    #expect(queue.take()?.entries.flatMap(\.items) == [5, 6])
    #expect(queue.take() == nil)
  }

  @Test func weightEndsABatchButOneCallStaysWhole() {
    var queue = queue()
    _ = queue.add(entry([1], weight: 8))
    _ = queue.add(entry([2], weight: 8))
    _ = queue.add(entry([3], weight: 80))
    #expect(queue.take()?.entries.flatMap(\.items) == [1])
    #expect(queue.take()?.entries.flatMap(\.items) == [2])
    _ = queue.answered(1)
    #expect(queue.take()?.entries.flatMap(\.items) == [3])
  }

  @Test func batchesUnderWayAreBounded() {
    var queue = queue(batches: 1)
    _ = queue.add(entry([1]))
    #expect(queue.take()?.number == 1)
    _ = queue.add(entry([2]))
    #expect(!queue.hasWork)
    #expect(queue.take() == nil)
    #expect(queue.answered(1)?.count == 1)
    #expect(queue.take()?.number == 2)
    #expect(queue.answered(1) == nil)
  }

  @Test func aFullQueueRefusesUntilThereIsRoom() {
    var queue = queue(items: 3)
    #expect(queue.add(entry([1, 2, 3])) == true)
    #expect(queue.add(entry([4])) == false)
    _ = queue.take()
    #expect(queue.add(entry([4])) == false)
    _ = queue.answered(1)
    #expect(queue.add(entry([4])) == true)
  }

  @Test func thoseWhoWaitTooLongAreToldWhetherTheirsWasSent() {
    var queue = queue(batch: 1, batches: 1)
    _ = queue.add(entry([1], "sent", after: 1))
    _ = queue.take()
    _ = queue.add(entry([2], "unsent", after: 1))
    _ = queue.add(entry([3], "later", after: 9))
    let (unsent, unanswered) = queue.expire(now + .seconds(2))
    #expect(unsent == ["unsent"] && unanswered == ["sent"])
    #expect(queue.count == 1)
    #expect(queue.take()?.entries.map(\.waiter) == ["later"])
  }

  @Test func aBrokenStreamLosesWhatIsUnderWayAndNoMore() {
    var queue = queue(batch: 1)
    for number in 1...3 { _ = queue.add(entry([number], "w\(number)")) }
    _ = queue.take()
    _ = queue.take()
    #expect(Set(queue.lost()) == ["w1", "w2"])
    #expect(queue.take()?.entries.map(\.waiter) == ["w3"])
    #expect(queue.close() == [])
    #expect(queue.count == 1)
  }
}
