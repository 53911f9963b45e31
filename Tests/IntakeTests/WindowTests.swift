import ServiceQueue
import Testing

@testable import Intake

@Suite("Windows and policies")
struct WindowTests {
  @Test func acknowledgesTogetherWhatIsContiguous() {
    let window = Held(AckWindow(holdLimit: 10))
    for tag in 1...5 as ClosedRange<UInt64> { #expect(window.receive(tag)) }
    #expect(window.flush() == [])
    window.settle(2)
    #expect(window.flush() == [])
    window.settle(1)
    #expect(window.flush() == [.init(tag: 2, isMultiple: true)])
    window.settle(3)
    #expect(window.flush() == [.init(tag: 3, isMultiple: false)])
    #expect(window.openCount == 2 && !window.isEmpty)
    window.settle(5)
    #expect(window.openCount == 1)
    #expect(window.flush(force: true) == [.init(tag: 5, isMultiple: false)])
    window.settle(4)
    #expect(window.flush() == [.init(tag: 4, isMultiple: false)])
    #expect(window.isEmpty)
  }

  @Test func doesNotHoldTooMuchBehindASlowOne() {
    let window = Held(AckWindow(holdLimit: 2))
    for tag in 1...6 as ClosedRange<UInt64> { _ = window.receive(tag) }
    window.settle(3)
    window.settle(4)
    #expect(window.flush() == [])
    window.settle(6)
    #expect(window.flush() == [3, 4, 6].map { .init(tag: $0, isMultiple: false) })
    window.settle(1)
    window.settle(2)
    // Those that were acknowledged alone are passed over.
    #expect(window.flush() == [.init(tag: 2, isMultiple: true)])
    window.settle(5)
    #expect(window.flush() == [.init(tag: 5, isMultiple: false)])
    #expect(window.isEmpty && window.receive(7))
  }

  @Test func leavesAloneWhatItDoesNotKnow() {
    let window = Held(AckWindow(holdLimit: 2))
    #expect(!window.receive(2))
    #expect(window.receive(1))
    #expect(!window.receive(1))
    window.settle(9)
    window.settle(0)
    window.settle(1)
    window.settle(1)
    #expect(window.flush() == [.init(tag: 1, isMultiple: false)])
    window.settle(1)
    #expect(window.flush() == [] && window.isEmpty)
  }

  /// Against a model of RabbitMQ: whatever the order, each tag is acknowledged once and none that is open.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func acknowledgesEachExactlyOnce(_ seed: UInt64) {
    var random = Steps(state: seed)
    let window = Held(AckWindow(holdLimit: 5))
    var outstanding: Set<UInt64> = []
    var open: [UInt64] = []
    var next: UInt64 = 1
    for _ in 0..<4_000 {
      if random.next() % 2 == 0, open.count < 30 {
        #expect(window.receive(next))
        outstanding.insert(next)
        open.append(next)
        next += 1
      } else if !open.isEmpty {
        window.settle(open.remove(at: Int(random.next() % UInt64(open.count))))
      }
      for ack in window.flush() {
        let covered = ack.isMultiple ? outstanding.filter { $0 <= ack.tag } : outstanding.filter { $0 == ack.tag }
        #expect(!covered.isEmpty && covered.isDisjoint(with: open))
        outstanding.subtract(covered)
      }
      #expect(window.openCount == open.count)
      #expect(outstanding.count - open.count <= 5)
    }
    open.forEach { window.settle($0) }
    for ack in window.flush(force: true) {
      outstanding = outstanding.filter { ack.isMultiple ? $0 > ack.tag : $0 != ack.tag }
    }
    #expect(outstanding.isEmpty && window.isEmpty)
  }

  @Test func confirmsOneOrAllUpTo() {
    let window = HeldConfirms()
    for (number, item) in ["a", "b", "c", "d", "e"].enumerated() { window.published(UInt64(number) + 1, item) }
    #expect(window.take(.init(number: 4, isMultiple: false, isPositive: true)) == ["d"])
    #expect(window.take(.init(number: 4, isMultiple: false, isPositive: true)) == [])
    #expect(window.take(.init(number: 3, isMultiple: true, isPositive: true)) == ["a", "b", "c"])
    #expect(window.count == 1)
    window.published(6, "f")
    #expect(window.take(.init(number: 0, isMultiple: true, isPositive: true)) == ["e", "f"])
    window.published(7, "g")
    #expect(window.take(.init(number: 7, isMultiple: true, isPositive: true)) == ["g"])
    #expect(window.count == 0)
  }

  @Test func keepsFiguresWithinBounds() throws {
    let url = try AMQPURL("amqp://h")
    let low = IntakeConfiguration(url: url, prefetch: 0, maximumBodyBytes: 0, heartbeat: 0)
    #expect(IntakeConfiguration(url: url, batch: 0).batch == 1)
    #expect(IntakeConfiguration(url: url, batch: 9_999).batch == BrokerLimits.submitBatch)
    #expect((low.prefetch, low.maximumBodyBytes, low.heartbeat) == (1, 1_024, 1))
    let high = IntakeConfiguration(url: url, prefetch: 1 << 40, maximumBodyBytes: 1 << 40, heartbeat: 1 << 40)
    #expect((high.prefetch, high.maximumBodyBytes, high.heartbeat) == (10_000, 1_048_576, 60))
  }
}

/// A generator with a seed.
private struct Steps: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }
}

/// The window behind a reference: `#expect` takes no mutating calls.
private final class Held {
  private var window: AckWindow
  init(_ window: AckWindow) { self.window = window }
  var openCount: Int { window.openCount }
  var isEmpty: Bool { window.isEmpty }
  func receive(_ tag: UInt64) -> Bool { window.receive(tag) }
  func settle(_ tag: UInt64) { window.settle(tag) }
  func flush(force: Bool = false) -> [AckWindow.Ack] { window.flush(force: force) }
}

private final class HeldConfirms {
  private var window = ConfirmWindow<String>()
  var count: Int { window.count }
  func published(_ number: UInt64, _ item: String) { window.published(number, item) }
  func take(_ confirm: Confirm) -> [String] { window.take(confirm) }
}
