import Glibc
import Testing

@testable import Reactor

@Suite(.timeLimit(.minutes(1))) struct TimerTests {
  @Test func heapGivesTimersInOrderAndForgetsRemovedOnes() async throws {
    try await withReactor { reactor in
      for _ in 0..<20 {
        var heap = TimerHeap()
        let all = (0..<300).map { number in
          ReactorTimer(reactor: reactor, deadline: .random(in: 0..<100), sequence: number) {}
        }
        all.forEach { heap.insert($0) }
        let removed = all.filter { $0.sequence % 3 == 0 }
        // Twice: what is not in the heap is left alone.
        for timer in removed.shuffled() + removed { heap.remove(timer) }
        let sorted = all.filter { $0.sequence % 3 != 0 }.sorted(by: ReactorTimer.isEarlier)
        #expect(heap.count == sorted.count)

        var popped: [UInt64] = []
        while let timer = heap.popDue(at: 50, before: .max) { popped.append(timer.sequence) }
        #expect(popped == sorted.filter { $0.deadline <= 50 }.map(\.sequence))
        #expect(heap.first === sorted.first { $0.deadline > 50 })
        #expect(heap.popDue(at: .max, before: 0) === nil)
        while let timer = heap.popDue(at: .max, before: .max) { popped.append(timer.sequence) }
        #expect(popped == sorted.map(\.sequence))
        #expect(all.allSatisfy { $0.position == nil })
      }
    }
  }

  @Test func deadlinesAndTimeoutsAreNeverEarlyAndNeverOverflow() {
    #expect(Reactor.deadline(after: .milliseconds(5), from: 7) == 5_000_007)
    #expect(Reactor.deadline(after: .seconds(-5), from: 7) == 7)
    #expect(Reactor.deadline(after: .nanoseconds(-1), from: 7) == 7)
    #expect(
      Reactor.deadline(after: Duration(secondsComponent: 0, attosecondsComponent: 1), from: 7) == 8)
    #expect(Reactor.deadline(after: .seconds(Int64.max), from: 7) == .max)
    #expect(Reactor.timeout(until: nil, from: 7) == -1)
    #expect(Reactor.timeout(until: 7, from: 8) == 0)
    #expect(Reactor.timeout(until: 8, from: 7) == 1)
    #expect(Reactor.timeout(until: 2_000_000, from: 0) == 2)
    #expect(Reactor.timeout(until: .max, from: 0) == .max)
  }

  @Test func timersFireInOrderAndCancelledOnesDoNot() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let (fired, out) = AsyncStream<Int>.makeStream()
      await actor.run { actor in
        for delay in [30, 10, 20, 10] {
          reactor.schedule(after: .milliseconds(delay)) { out.yield(delay + actor.increase()) }
        }
        let victim = reactor.schedule(after: .milliseconds(25)) { out.yield(-1) }
        reactor.schedule(after: .milliseconds(15)) { victim.cancel() }
        let early = reactor.schedule(after: .milliseconds(5)) { out.yield(-2) }
        early.cancel()
        early.cancel()
        reactor.schedule(after: .milliseconds(45)) { out.finish() }
      }
      var seen: [Int] = []
      for await number in fired { seen.append(number) }
      #expect(seen == [11, 12, 23, 34])
    }
  }

  @Test func timersAreNotEarlyAndNotVeryLate() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      let start = ContinuousClock.now
      await withCheckedContinuation { waiter in
        Task {
          await actor.run { _ in _ = reactor.schedule(after: .milliseconds(20)) { waiter.resume() }
          }
        }
      }
      let took = ContinuousClock.now - start
      #expect(took >= .milliseconds(20))
      #expect(took < .seconds(20))
    }
  }

  @Test func aTimerOfZeroThatRepeatsItselfStarvesNobody() async throws {
    try await withReactor { reactor in
      let actor = Pinned(reactor)
      await actor.run { $0.repeatTimer() }
      for _ in 0..<20 { await actor.increment() }
      #expect(await actor.count >= 20)
    }
  }
}

extension Pinned {
  fileprivate func increase() -> Int {
    count += 1
    return count
  }

  fileprivate func repeatTimer() {
    reactor.schedule(after: .zero) { self.repeatTimer() }
  }
}
