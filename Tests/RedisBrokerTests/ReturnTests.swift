import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct ReturnTests {
  @Test func whatComesBackTooOftenIsDead() async throws {
    try await TestClock.with(policy: try #require(QueuePolicy(mostAttempts: 3))) { broker, clock in
      let s = try await broker.store(2)
      for round in 1...3 {
        let fence = try await broker.perform(.claim(s[0].ref, lease: nil)).service.fence
        let released = try await broker.perform(.release(s[0].ref, fence: fence)).service
        #expect(released.attempts == round && released.state == (round < 3 ? .waiting : .dead))
        _ = try await broker.perform(.claim(s[1].ref, lease: nil))
        try await clock.advance(120_000)
        #expect(try await broker.sweep(s[1].queue, most: 10) == 1)
      }
      let dead = try await broker.service(s[1].id)
      #expect(dead.state == .dead && dead.attempts == 3 && dead.assignee?.id == "u1" && dead.endedAt == clock.after(0))
      let changes = try await broker.allEvents(of: s[0].queue).suffix(4).map(\.change)
      #expect(changes.last == .dead(dead, .leaseExpired))
      #expect(changes.contains { if case .dead(_, .released) = $0 { true } else { false } })
      #expect(await broker.refusal(.claim(s[0].ref, lease: nil))?.state == .dead)
      #expect(await broker.refusal(.reinstate(s[0].ref))?.state == .dead)
      try await expectEventsTellAll(broker)
    }
  }

  @Test func aNoShowComesBackForAWhile() async throws {
    try await TestClock.with { broker, clock in
      let s = try await broker.store(2)
      var ended: [Service] = []
      for service in s {
        let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
        ended.append(try await broker.perform(.noShow(service.ref, fence: fence)).service)
      }
      let stale = ServiceRef(id: s[0].id, queue: s[0].queue, ifVersion: 1)
      #expect(await broker.refusal(.reinstate(stale))?.code == .versionMismatch)
      try await clock.advance(3_600_000)
      let back = try await broker.perform(.reinstate(ServiceRef(id: s[0].id)), key: "r")
      #expect(back.service.state == .waiting && back.service.version == 4 && back.service.order == s[0].order)
      #expect(back.service.assignee == nil && back.service.endedAt == nil && back.service.fence == nil)
      #expect(try await broker.service(s[0].id) == back.service)
      #expect(await broker.refusal(.reinstate(s[0].ref))?.state == .waiting)
      #expect(try await broker.perform(.claimNext(s[0].queue, lease: nil)).service.id == s[0].id)
      #expect(try await broker.perform(.reinstate(ServiceRef(id: s[0].id)), key: "r").service == back.service)
      try await clock.advance(1)
      let late = await broker.refusal(.reinstate(s[1].ref))
      #expect(late?.code == .reinstateExpired && late?.state == .noShow)
      #expect(try await broker.service(s[1].id) == ended[1])
      try await expectEventsTellAll(broker)
    }
  }

  @Test func aLeaseThatHasEndedIsNoClaimAnyMore() async throws {
    try await TestClock.with { broker, clock in
      let service = try await broker.store(1)[0]
      let claimed = try await broker.perform(.claim(service.ref, lease: LeaseDuration(milliseconds: 5_000)))
      let fence = claimed.service.fence
      try await clock.advance(4_999)
      _ = try await broker.perform(.start(service.ref, fence: fence, lease: LeaseDuration(milliseconds: 5_000)))
      try await clock.advance(5_000)
      for actor in [anna, sue] {
        let refusal = await broker.refusal(.complete(service.ref, fence: fence), actor)
        #expect(refusal?.code == .staleFence && refusal?.state == .serving)
      }
      // Removing asks for no claim.
      _ = try await broker.perform(.remove(service.ref), sue)
      #expect(try await broker.sweep(service.queue, most: 10) == 0)
    }
  }
}
