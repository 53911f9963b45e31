import Testing

@testable import Gateway

@Suite struct TimerWheelTests {
  @Test func eachInItsTickAndOnce() {
    var wheel = TimerWheel()
    wheel.set(0, due: 3)
    wheel.set(1, due: 3)
    wheel.set(2, due: 4)
    #expect(wheel.advance(to: 2).isEmpty)
    #expect(Set(wheel.advance(to: 3)) == [0, 1])
    #expect(wheel.advance(to: 3).isEmpty)
    #expect(wheel.advance(to: 100) == [2])
    #expect(wheel.advance(to: 5_000).isEmpty)
  }

  @Test func movedAndCleared() {
    var wheel = TimerWheel(now: 10)
    for seat in 0..<3 { wheel.set(seat, due: 20) }
    wheel.set(1, due: 12)
    wheel.clear(2)
    wheel.clear(7)
    #expect(wheel.advance(to: 12) == [1])
    wheel.set(1, due: 5)
    #expect(wheel.advance(to: 13) == [1], "what is past is due next")
    #expect(wheel.advance(to: 30) == [0])
  }

  @Test func furtherThanATurn() {
    var wheel = TimerWheel()
    let far = UInt32(TimerWheel.slots * 3 + 5)
    wheel.set(0, due: far)
    wheel.set(1, due: 5)
    #expect(wheel.advance(to: 5) == [1])
    #expect(wheel.advance(to: far - 1).isEmpty)
    #expect(wheel.advance(to: far) == [0])
  }

  /// Against a dictionary, with steps of any length.
  @Test func asADictionary() {
    var numbers = SystemRandomNumberGenerator()
    var wheel = TimerWheel()
    var model = [Int: UInt32]()
    for _ in 0..<20_000 {
      let seat = Int.random(in: 0..<50, using: &numbers)
      switch Int.random(in: 0..<4, using: &numbers) {
      case 0:
        wheel.clear(seat)
        model[seat] = nil
      case 1, 2:
        let due = wheel.now + UInt32.random(in: 0...1_500, using: &numbers)
        wheel.set(seat, due: due)
        model[seat] = max(due, wheel.now + 1)
      default:
        let now = wheel.now + UInt32.random(in: 0...700, using: &numbers)
        let due = wheel.advance(to: now)
        let wanted = model.filter { $0.value <= now }.keys
        #expect(due.sorted() == wanted.sorted())
        for seat in wanted { model[seat] = nil }
      }
    }
  }

  @Test func aConnectionsFirstDeadline() {
    var deadlines = Deadlines()
    #expect(deadlines.first == 0)
    #expect(deadlines.due(at: .max) == nil)
    deadlines[.expiry] = 900
    deadlines[.ping] = 30
    deadlines[.pong] = 15
    #expect(deadlines.first == 15)
    #expect(deadlines.due(at: 14) == nil)
    #expect(deadlines.due(at: 40) == .pong)
    deadlines[.pong] = 0
    #expect(deadlines.due(at: 40) == .ping)
  }
}
