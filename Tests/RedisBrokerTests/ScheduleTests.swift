import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct ScheduleTests {
  @Test func aScheduledServiceComesInLineInTime() async throws {
    try await TestClock.with { broker, clock in
      var submitter = Submitter()
      let queue = try queueName("a")
      let later = try submitter.make(priority: try #require(Priority(6)), scheduledFor: clock.after(60_000))
      let service = try await broker.store(later)
      #expect(service.state == .scheduled && service.scheduledFor == clock.after(60_000))
      #expect(service.order.ticks == (clock.now + 60_000 - 1_200_000) * 4_096)
      #expect(try await broker.service(service.id) == service)
      #expect(await broker.refusal(.claimNext(queue, lease: nil))?.code == .queueEmpty)
      let refusal = await broker.refusal(.claim(service.ref, lease: nil))
      #expect(refusal?.code == .illegalTransition && refusal?.state == .scheduled)
      #expect(try await broker.queue(queue).counts.scheduled == 1)
      #expect(try await broker.position(of: service.id).ahead == nil)

      try await clock.advance(59_999)
      #expect(try await broker.sweep(queue, most: 10) == 0)
      try await clock.advance(1)
      #expect(try await broker.sweep(queue, most: 10) == 1)
      let due = try await broker.service(service.id)
      #expect(due.state == .waiting && due.version == 2 && due.order == service.order)
      #expect(due.scheduledFor == service.scheduledFor)
      guard case .updated(due, .due)? = try await broker.allEvents(of: queue).last?.change else {
        Issue.record("no event")
        return
      }
      #expect(try await broker.perform(.claimNext(queue, lease: nil)).service.id == service.id)
      try await expectEventsTellAll(broker)
    }
  }

  @Test func whatIsPastIsAtOnceAndWhatIsTooFarIsRefused() async throws {
    try await TestClock.with { broker, clock in
      var submitter = Submitter()
      let past = try await broker.store(submitter.make(scheduledFor: clock.after(0)))
      #expect(past.state == .waiting && past.scheduledFor == nil)
      _ = try await broker.store(submitter.make(scheduledFor: clock.after(Submission.mostAhead)))
      let tooFar = try submitter.make(scheduledFor: clock.after(Submission.mostAhead + 1))
      guard case .refused(let error)? = try await broker.submit([tooFar]).first else {
        Issue.record("stored")
        return
      }
      #expect(error.code == .invalidArgument)
      // What is to come does not make those wait who come now.
      let now = try await broker.store(submitter.make())
      #expect(now.order.ticks == past.order.ticks + 8)
    }
  }

  @Test func nobodyIsMovedIntoTheFuture() async throws {
    try await TestClock.with { broker, clock in
      var submitter = Submitter()
      let s = try await broker.store(3)
      let later = try await broker.store(submitter.make(scheduledFor: clock.after(86_400_000)))
      for target in [MoveTarget.before(later.id), .after(later.id)] {
        #expect(await broker.refusal(.move(s[0].ref, to: target), sue)?.code == .badTarget)
      }
      let moved = try await broker.perform(.move(s[0].ref, to: .last), sue).service
      #expect(moved.order.ticks == s[2].order.ticks + 4_096)
      let next = try await broker.perform(.move(s[1].ref, to: .after(moved.id)), sue).service
      #expect(next.order.ticks == moved.order.ticks + 4_096)
      let ids = try await broker.snapshot(of: later.queue, limit: 10).services.map(\.id)
      #expect(ids == [s[2].id, s[0].id, s[1].id, later.id])
      try await expectEventsTellAll(broker)
    }
  }

  @Test func anotherPriorityIsAnotherPlace() async throws {
    try await TestClock.with { broker, clock in
      var submitter = Submitter()
      let s = try await broker.store(2)
      let later = try await broker.store(submitter.make(scheduledFor: clock.after(1_000)))
      let urgent = try await broker.perform(.reprioritise(s[1].ref, try #require(Priority(9))), sue).service
      #expect(urgent.priority.level == 9 && urgent.order.ticks == s[1].order.ticks - 3_000_000 * 4_096)
      let back = try await broker.perform(.reprioritise(s[1].ref, .normal), sue).service
      #expect(back.order == s[1].order && back.version == 3)
      let low = try await broker.perform(.reprioritise(later.ref, try #require(Priority(0))), sue).service
      #expect(low.state == .scheduled && low.order.ticks == later.order.ticks + 2_400_000 * 4_096)
      _ = try await broker.perform(.claim(s[0].ref, lease: nil))
      #expect(await broker.refusal(.reprioritise(s[0].ref, .normal), sue)?.state == .claimed)
      try await expectEventsTellAll(broker)
    }
  }
}
