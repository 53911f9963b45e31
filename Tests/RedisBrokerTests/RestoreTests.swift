import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct RestoreTests {
  /// As the history would have it some changes later.
  private func later(_ service: Service, by versions: UInt64 = 1, _ change: (inout Service) -> Void = { _ in })
    -> Service
  {
    var service = service
    service.version += versions
    change(&service)
    return service
  }

  @Test func whatRedisHasLostIsPutBackOnce() async throws {
    try await TestClock.with { broker, clock in
      let sealed = SealedPersonalData(wrappedKey: [9, 1], ciphertext: Array(0...255))
      let skills = try #require(SkillSet(["german"], most: 8))
      let order = try #require(OrderKey((clock.now - 1_000) * 4_096))
      let lost = Service(
        id: try #require(ServiceID("01890a5d-ac96-774b-bcce-b302099a8057")), queue: try queueName("a"), ticket: 77,
        kind: "towing", priority: try #require(Priority(7)), order: order, state: .serving, version: 5, attempts: 1,
        requires: skills, submitter: "p1", submittedAt: clock.after(-5_000), assignee: Assignee(id: "u1", name: "anna"),
        fence: 12, claimedAt: clock.after(-100), startedAt: clock.after(-50), personal: sealed)
      guard case .restored(let back)? = try await broker.restore([lost]).first else {
        Issue.record("not restored")
        return
      }
      var expected = lost
      expected.version = 6
      expected.state = .waiting
      expected.assignee = nil
      expected.fence = nil
      expected.claimedAt = nil
      expected.startedAt = nil
      #expect(back == expected)
      #expect(try await broker.service(lost.id) == expected)
      #expect(try await broker.restore([lost, back]) == [.known, .known])
      #expect(try await broker.allEvents(of: lost.queue).map(\.change) == [.updated(back, .repaired)])
      #expect(try await broker.store(1)[0].ticket == 78)
      try await expectEventsTellAll(broker)
    }
  }

  @Test func anOlderFormIsRewrittenAndAnEndIsMadeUp() async throws {
    try await TestClock.with { broker, clock in
      let s = try await broker.store(4)
      _ = try await broker.perform(.claim(s[0].ref, lease: nil))
      let fence = try await broker.perform(.claim(s[1].ref, lease: nil)).service.fence
      _ = try await broker.perform(.noShow(s[1].ref, fence: fence))
      let outcomes = try await broker.restore([
        later(s[0], by: 5) { $0.scheduledFor = clock.after(1_000) },
        later(s[1], by: 5) { $0.attempts = 2 },
        later(s[2]) {
          $0.state = .completed
          $0.endedAt = clock.after(-10)
        },
        s[3],
      ])
      guard case .restored(let first) = outcomes[0], case .restored(let second) = outcomes[1],
        case .ended(let third) = outcomes[2], outcomes[3] == .known
      else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(first.state == .scheduled && first.version == 7 && first.assignee == nil)
      #expect(second.state == .waiting && second.version == 7 && second.attempts == 2)
      #expect(third.state == .completed && third.version == 3 && third.endedAt == clock.after(-10))
      #expect(try await broker.service(s[2].id) == third)
      let types = try await broker.allEvents(of: s[0].queue).suffix(3).map(\.change.type)
      #expect(types == ["service.updated", "service.updated", "service.completed"])
      let load = RedisCommand("HLEN", KeySpace(site: broker.configuration.site).load)
      #expect(try await broker.execute(load, named: "load", effect: .question) == .integer(0))
      try await clock.advance(1_000)
      #expect(try await broker.sweep(s[0].queue, most: 10) == 1)
      try await expectEventsTellAll(broker)
    }
  }

  @Test func whatCannotBeRestored() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let service = try await broker.store(1)[0]
      let elsewhere = later(service) { $0.queue = QueueName("b")! }
      let nowhere = later(service) { $0.queue = QueueName("nowhere")! }
      let unknownEnd = later(service) {
        $0.id = ServiceID("01890a5d-ac96-774b-bcce-b302099a8057")!
        $0.state = .dead
      }
      let outcomes = try await broker.restore([elsewhere, nowhere, unknownEnd])
      let codes = outcomes.map { outcome -> BrokerError.Code? in
        if case .refused(let error) = outcome { error.code } else { nil }
      }
      #expect(codes == [.badTarget, .unknownQueue, nil] && outcomes[2] == .known)
      #expect(try await broker.queue(service.queue).version == 1)
      let many = Array(repeating: service, count: BrokerLimits.restoreBatch + 1)
      await #expect { try await broker.restore(many) } throws: { ($0 as? BrokerError)?.code == .invalidArgument }
    }
  }
}
