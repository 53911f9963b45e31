import ServiceQueue
import Testing

@testable import BrokerRPC

@Suite struct QueueWatchTests {
  private let epoch = Epoch("e1")!
  private let queue = QueueName("a")!

  private func event(_ version: QueueVersion, _ queue: String = "a", epoch: String = "e1") -> QueueEvent {
    QueueEvent(
      queue: QueueName(queue)!, epoch: Epoch(epoch)!, version: version, digest: QueueDigest(),
      at: Timestamp(milliseconds: 0), actor: "x", change: .mode(.open))
  }

  @Test func sendsWhatIsNewAndAsksForWhatIsMissing() {
    var watch = QueueWatch(queue: queue, epoch: epoch, version: 5)
    // Others' events, and what a page brought before.
    #expect(watch.take(.events([event(9, "b"), event(4), event(5)])) == .nothing)
    #expect(
      watch.take(.events([event(5), event(6), event(7)]))
        == .send(.events([event(6), event(7)], epoch: epoch, current: 7)))
    #expect(watch.take(.events([event(9)])) == .catchUp)
    #expect(watch.version == 7)
    #expect(watch.take(.reset(nil)) == .catchUp)
    #expect(watch.take(.reset(queue)) == .catchUp)
    #expect(watch.take(.reset(QueueName("b"))) == .nothing)
    #expect(watch.take(.presence([])) == .nothing)
    #expect(watch.take(.events([event(8, epoch: "e2")])) == .catchUp)
  }

  @Test func readsPagesUntilUpToDate() {
    var watch = QueueWatch(queue: queue, epoch: nil, version: 0)
    #expect(watch.take(.events([event(1), event(2)], epoch: epoch, current: 3)) == .more)
    #expect(watch.take(.events([event(3)], epoch: epoch, current: 3)) == .isUpToDate)
    #expect(watch.epoch == epoch && watch.version == 3)
    #expect(watch.take(.events([], epoch: epoch, current: 3)) == .isUpToDate)
    #expect(watch.take(.gone(epoch: epoch, current: 9)) == .gone)
  }
}
