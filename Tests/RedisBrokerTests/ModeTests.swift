import RedisBroker
import ServiceQueue
import Testing

@Suite struct ModeTests {
  @Test func aPausedQueueGivesNothingAndADrainingOneTakesNothing() async throws {
    try await withBroker { broker in
      let s = try await broker.store(2)
      let queue = s[0].queue
      let fence = try await broker.perform(.claim(s[0].ref, lease: nil)).service.fence
      let paused = try await broker.changeMode(QueueModeRequest(queue, .paused, by: sue))
      #expect(paused == QueueModeAnswer(queue: queue, mode: .paused, queueVersion: 4, isReplay: false))
      #expect(try await broker.changeMode(QueueModeRequest(queue, .paused, by: sue)).queueVersion == 4)
      let refusal = await broker.refusal(.claim(s[1].ref, lease: nil))
      #expect(refusal?.code == .queuePaused && refusal?.state == .waiting)
      #expect(await broker.refusal(.claimNext(queue, lease: nil))?.code == .queuePaused)
      _ = try await broker.perform(.start(s[0].ref, fence: fence, lease: nil))
      #expect(try await broker.store(1).count == 1)
      #expect(try await broker.queue(queue).isPaused)

      _ = try await broker.changeMode(QueueModeRequest(queue, .draining, by: sue))
      var submitter = Submitter()
      let late = try submitter.make()
      guard case .refused(let error)? = try await broker.submit([late]).first else {
        Issue.record("stored")
        return
      }
      #expect(error.code == .queueDraining)
      _ = try await broker.perform(.claim(s[1].ref, lease: nil))
      _ = try await broker.changeMode(QueueModeRequest(queue, .open, by: sue))
      // It may be sent again.
      _ = try await broker.store(late)
      let types = try await broker.allEvents(of: queue).map(\.change.type).filter { $0.hasPrefix("queue.") }
      #expect(types == ["queue.paused", "queue.draining", "queue.resumed"])
      try await expectEventsTellAll(broker)
      let outbox = try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero)
      #expect(outbox.count { $0.event.change.service == nil } == 3)
    }
  }

  @Test func theSameKeyAnswersTheSame() async throws {
    try await withBroker { broker in
      let queue = try queueName("a")
      let request = QueueModeRequest(queue, .paused, by: sue, idempotencyKey: IdempotencyKey("m"))
      let first = try await broker.changeMode(request)
      _ = try await broker.changeMode(QueueModeRequest(queue, .open, by: sue))
      let again = try await broker.changeMode(request)
      #expect(again == QueueModeAnswer(queue: queue, mode: .paused, queueVersion: first.queueVersion, isReplay: true))
      #expect(try await broker.queue(queue).mode == .open)
      let other = QueueModeRequest(queue, .open, by: sue, idempotencyKey: IdempotencyKey("m"))
      await #expect { try await broker.changeMode(other) } throws: {
        ($0 as? BrokerError)?.code == .idempotencyKeyReused
      }
      let nowhere = QueueModeRequest(try queueName("nowhere"), .open, by: sue)
      await #expect { try await broker.changeMode(nowhere) } throws: { ($0 as? BrokerError)?.code == .unknownQueue }
    }
  }
}
