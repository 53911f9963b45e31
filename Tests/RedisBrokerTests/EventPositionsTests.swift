import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct EventPositionsTests {
  private let a = QueueName("a")!
  private let b = QueueName("b")!
  private let old = Epoch("old")!
  private let new = Epoch("new")!

  private func place(_ epoch: Epoch, _ version: QueueVersion) -> EventPositions.Place {
    .init(epoch: epoch, version: version)
  }

  private func event(_ version: QueueVersion, _ epoch: Epoch) -> QueueEvent {
    QueueEvent(
      queue: a, epoch: epoch, version: version, digest: QueueDigest(), at: Timestamp(milliseconds: 0), actor: "x",
      change: .renumbered([]))
  }

  @Test func eventsInSequenceAreContinuous() {
    var positions = EventPositions()
    #expect(positions.align(with: [a: place(old, 5)]) == [])
    #expect(positions.take(event(5, old), version: 5, of: a) == [])
    #expect(positions.take(event(6, old), version: 6, of: a) == [.event(event(6, old))])
    #expect(positions.align(with: [a: place(old, 9)]) == [])
    #expect(positions.places[a] == place(old, 6))
    #expect(positions.take(event(8, old), version: 8, of: a) == [.reset(a)])
    #expect(positions.take(event(9, old), version: 9, of: a) == [.event(event(9, old))])
  }

  @Test func whatWasNotReadIsCountedWhereItIsContinuous() {
    var positions = EventPositions()
    _ = positions.align(with: [a: place(old, 5), b: place(old, 3)])
    #expect(positions.behind([a: place(old, 9), b: place(old, 3)]) == 4)
    #expect(positions.behind([a: place(new, 9), b: place(old, 1)]) == 0)
    #expect(positions.behind([:]) == 0)
  }

  @Test func anotherEpochOrAnUnreadableEventIsAReset() {
    var positions = EventPositions()
    _ = positions.align(with: [a: place(old, 5)])
    #expect(positions.take(event(1, new), version: 1, of: a) == [.reset(a)])
    #expect(positions.take(event(2, new), version: 2, of: a) == [.event(event(2, new))])
    #expect(positions.take(nil, version: 3, of: a) == [.reset(a)])
    #expect(positions.take(event(4, new), version: 4, of: a) == [.event(event(4, new))])
  }

  @Test func whatIsBehindOrGoneIsAReset() {
    var positions = EventPositions()
    _ = positions.align(with: [a: place(old, 5), b: place(old, 5)])
    #expect(positions.align(with: [a: place(old, 4), b: place(new, 7)]) == [.reset(a), .reset(b)])
    #expect(positions.align(with: [:]) == [.reset(a), .reset(b)])
    #expect(positions.began(a, epoch: new, at: 0) == [.reset(a)])
    #expect(positions.align(with: [a: place(new, 0), b: place(new, 0)]) == [.reset(b)])
  }

  @Test func aNewQueueIsNoReset() {
    var positions = EventPositions()
    #expect(positions.began(a, epoch: old, at: 0) == [])
    #expect(positions.places[a] == place(old, 0))
    #expect(positions.began(a, epoch: old, at: 0) == [])
    #expect(positions.began(a, epoch: new, at: 0) == [.reset(a)])
    #expect(positions.take(event(1, new), version: 1, of: b) == [])
  }

  @Test func whileNobodyFollowsItGoesOnFromWhereRedisIs() {
    var positions = EventPositions()
    positions.begin(at: [a: place(old, 5)])
    let generation = positions.generation
    positions.begin(at: [a: place(old, 9)])
    #expect(positions.places[a] == place(old, 9) && positions.generation == generation)
    positions.begin(at: [a: place(new, 2), b: place(old, 1)])
    #expect(positions.places[a] == place(new, 2) && positions.generation != generation)
    positions.skip(to: place(new, 4), of: a)
    positions.skip(to: place(new, 3), of: a)
    positions.skip(to: place(old, 8), of: a)
    #expect(positions.places[a] == place(new, 4))
    #expect(positions.take(event(5, new), version: 5, of: a) == [.event(event(5, new))])
  }
}
