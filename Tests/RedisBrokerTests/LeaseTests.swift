import RedisBroker
import ServiceQueue
import Testing

@Suite struct LeaseTests {
  @Test func aLeaseThatEndsPutsTheServiceBack() async throws {
    try await withBroker(sweepInterval: .milliseconds(50)) { broker in
      let s = try await broker.store(3)
      let short = LeaseDuration(milliseconds: 5_000)
      let fence = try await broker.perform(.claim(s[0].ref, lease: short)).service.fence
      _ = try await broker.perform(.claim(s[1].ref, lease: short))
      let kept = try await broker.perform(.claim(s[2].ref, lease: short)).service.fence
      _ = try await broker.perform(.start(s[2].ref, fence: kept, lease: short))
      _ = try await broker.perform(.renew(s[2].ref, fence: kept, lease: LeaseDuration(milliseconds: 60_000)))
      #expect(try await eventually { try await broker.queue(s[0].queue).waiting == 2 })
      let snapshot = try await broker.snapshot(of: s[0].queue, limit: 10)
      #expect(snapshot.services.map(\.state) == [.waiting, .waiting, .serving])
      #expect(snapshot.services.map(\.attempts) == [1, 1, 0] && snapshot.services.map(\.order) == s.map(\.order))
      let returned = try await broker.allEvents(of: s[0].queue).suffix(2)
      for event in returned {
        guard case .returned(let service, .leaseExpired) = event.change else {
          Issue.record("\(event.change.type)")
          continue
        }
        #expect(event.actor == "system" && service.assignee == nil)
      }
      let refusal = await broker.refusal(.start(s[0].ref, fence: fence, lease: nil))
      #expect(refusal?.code == .illegalTransition && refusal?.state == .waiting)
    }
  }
}
