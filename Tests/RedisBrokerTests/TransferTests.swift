import ServiceQueue
import Testing

@testable import RedisBroker

@Suite struct TransferTests {
  @Test func aTransferIsOneStepInBothQueues() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let other = try queueName("b")
      _ = try await broker.store(3, in: "b")
      var submitter = Submitter()
      let sealed = SealedPersonalData(wrappedKey: [1, 9, 9], ciphertext: Array(0...255))
      let service = try await broker.store(submitter.make(personal: sealed))
      let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
      let answer = try await broker.perform(.transfer(service.ref, to: other, fence: fence), key: "t")
      let moved = answer.service
      #expect(moved.queue == other && moved.ticket == 4 && moved.version == 3 && moved.state == .waiting)
      #expect(moved.order == service.order && moved.assignee == nil && moved.fence == nil && moved.personal == sealed)
      #expect(answer.queueVersion == 4 && answer.leaseUntil == nil)
      #expect(try await broker.service(service.id) == moved)
      #expect(try await broker.allEvents(of: service.queue).last?.change == .transferred(moved))
      #expect(try await broker.allEvents(of: other).last?.change == .added(moved, from: service.queue))
      for queue in ["a", "b"] { try await expectEventsTellAll(of: queue, broker) }
      let outbox = try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero).suffix(2).map(\.event)
      #expect(outbox.map(\.queue) == [other, service.queue])
      // The answer is kept, and the rest of the record found where the service is by then.
      let again = try await broker.perform(.transfer(service.ref, to: other, fence: fence), key: "t")
      #expect(again.isReplay && again.service == moved && again.queueVersion == 4)
      _ = try await broker.perform(.remove(moved.ref), sue)
      #expect(try await broker.perform(.transfer(service.ref, to: other, fence: fence), key: "t").service == moved)
    }
  }

  @Test func aScheduledServiceStaysScheduled() async throws {
    try await TestClock.with(queues: ["a", "b"]) { broker, clock in
      var submitter = Submitter()
      let service = try await broker.store(submitter.make(scheduledFor: clock.after(10_000)))
      let moved = try await broker.perform(.transfer(service.ref, to: queueName("b"), fence: nil), sue).service
      #expect(moved.state == .scheduled && moved.scheduledFor == service.scheduledFor)
      try await clock.advance(10_000)
      #expect(try await broker.sweep(service.queue, most: 10) == 0)
      #expect(try await broker.sweep(moved.queue, most: 10) == 1)
      for queue in ["a", "b"] { try await expectEventsTellAll(of: queue, broker) }
    }
  }

  @Test func whatIsRefused() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let s = try await broker.store(2)
      let other = try queueName("b")
      func refusal(_ to: QueueName, _ fence: QueueVersion?, _ actor: Principal) async -> BrokerError? {
        await broker.refusal(.transfer(s[0].ref, to: to, fence: fence), actor)
      }
      #expect(await refusal(other, nil, anna)?.code == .notOwner)
      let fence = try await broker.perform(.claim(s[0].ref, lease: nil)).service.fence
      #expect(await refusal(other, fence, ben)?.code == .notOwner)
      #expect(await refusal(other, nil, anna)?.code == .staleFence)
      #expect(await refusal(s[0].queue, fence, anna)?.code == .badTarget)
      #expect(await refusal(try queueName("nowhere"), fence, anna)?.code == .unknownQueue)
      _ = try await broker.changeMode(QueueModeRequest(other, .draining, by: sue))
      let draining = await refusal(other, fence, anna)
      #expect(draining?.code == .queueDraining && draining?.state == .claimed)
      #expect(try await broker.queue(s[0].queue).version == 3)
      #expect(try await broker.queue(other).version == 1)
    }
  }
}
