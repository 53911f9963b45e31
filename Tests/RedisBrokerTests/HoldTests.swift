import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct HoldTests {
  @Test func aHeldServiceKeepsItsEmployeeAndIsResumedAsItWas() async throws {
    try await TestClock.with { broker, clock in
      let s = try await broker.store(2)
      for (service, isStarted) in zip(s, [false, true]) {
        let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
        if isStarted { _ = try await broker.perform(.start(service.ref, fence: fence, lease: nil)) }
        let hold = HoldDuration(milliseconds: 300_000)
        let answer = try await broker.perform(.hold(service.ref, fence: fence, hold: hold))
        #expect(answer.service.state == .onHold && answer.service.heldAt == clock.after(0))
        #expect(answer.service.holdUntil == clock.after(300_000) && answer.leaseUntil == nil)
        #expect(answer.service.fence == fence && answer.service.assignee?.id == "u1")
        #expect(await broker.refusal(.renew(service.ref, fence: fence, lease: nil))?.state == .onHold)
        #expect(await broker.refusal(.complete(service.ref, fence: fence))?.state == .onHold)
        #expect(await broker.refusal(.resume(service.ref, fence: fence, lease: nil), ben)?.code == .notOwner)
        try await clock.advance(200_000)
        let resumed = try await broker.perform(.resume(service.ref, fence: fence, lease: nil))
        #expect(resumed.service.state == (isStarted ? .serving : .claimed))
        #expect(resumed.service.heldAt == answer.service.heldAt && resumed.service.holdUntil == nil)
        #expect(resumed.leaseUntil == clock.after(120_000))
      }
      try await expectEventsTellAll(broker)
    }
  }

  @Test func aHoldThatEndsPutsTheServiceBack() async throws {
    try await TestClock.with { broker, clock in
      let service = try await broker.store(1)[0]
      let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
      _ = try await broker.perform(.hold(service.ref, fence: fence, hold: HoldDuration(milliseconds: 5_000)))
      try await clock.advance(5_000)
      // Nobody has swept it yet, and yet it is too late.
      for actor in [anna, sue] {
        let refusal = await broker.refusal(.resume(service.ref, fence: fence, lease: nil), actor)
        #expect(refusal?.code == .staleFence && refusal?.state == .onHold)
      }
      #expect(try await broker.sweep(service.queue, most: 10) == 1)
      let back = try await broker.service(service.id)
      #expect(back.state == .waiting && back.attempts == 1 && back.heldAt == nil && back.holdUntil == nil)
      guard case .returned(back, .holdExpired)? = try await broker.allEvents(of: service.queue).last?.change else {
        Issue.record("no event")
        return
      }
      try await expectEventsTellAll(broker)
    }
  }

  @Test func aHoldDoesNotCountForTheCapacityNorForTheTimes() async throws {
    try await TestClock.with(policy: try #require(QueuePolicy(capacity: 1))) { broker, clock in
      let s = try await broker.store(2)
      let fence = try await broker.perform(.claim(s[0].ref, lease: nil)).service.fence
      #expect(await broker.refusal(.claimNext(s[0].queue, lease: nil))?.code == .atCapacity)
      let refusal = await broker.refusal(.claim(s[1].ref, lease: nil))
      #expect(refusal?.code == .atCapacity && refusal?.state == .waiting)
      _ = try await broker.perform(.hold(s[0].ref, fence: fence, hold: nil))
      let second = try await broker.perform(.claim(s[1].ref, lease: nil)).service.fence
      let full = await broker.refusal(.resume(s[0].ref, fence: fence, lease: nil))
      #expect(full?.code == .atCapacity && full?.state == .onHold)
      try await clock.advance(7_000)
      _ = try await broker.perform(.noShow(s[1].ref, fence: second))
      _ = try await broker.perform(.resume(s[0].ref, fence: fence, lease: nil))
      _ = try await broker.perform(.start(s[0].ref, fence: fence, lease: nil))
      _ = try await broker.perform(.complete(s[0].ref, fence: fence))
      let statistics = try await broker.statistics(of: s[0].queue)
      #expect(statistics.handlingTimes == [7_000] && statistics.activeEmployees == 1)
      #expect(statistics.summary.total == 0)
    }
  }
}
