import RedisBroker
import ServiceQueue
import Testing

@Suite struct IdempotencyTests {
  @Test func theSameKeyAnswersTheSameOnce() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      let first = try await broker.perform(.claim(service.ref, lease: nil), key: "k1")
      let second = try await broker.perform(.claim(service.ref, lease: nil), key: "k1")
      #expect(second.isReplay && !first.isReplay)
      #expect(second.service == first.service && second.queueVersion == first.queueVersion)
      #expect(second.leaseUntil == first.leaseUntil)
      #expect(try await broker.queue(service.queue).version == 2)
    }
  }

  @Test func aReplayAnswersWithTheStateOfThen() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let sealed = SealedPersonalData(wrappedKey: [7], ciphertext: [8, 9])
      let service = try await broker.store(submitter.make(personal: sealed))
      let queue = service.queue
      let claimed = try await broker.perform(.claimNext(queue, lease: nil), key: "next")
      let fence = claimed.service.fence
      _ = try await broker.perform(.start(service.ref, fence: fence, lease: nil))
      let completed = try await broker.perform(.complete(service.ref, fence: fence), key: "end")
      let again = try await broker.perform(.claimNext(queue, lease: nil), key: "next")
      #expect(again.isReplay && again.service == claimed.service)
      let ended = try await broker.perform(.complete(ServiceRef(id: service.id), fence: fence), key: "end")
      #expect(ended.isReplay && ended.service == completed.service && ended.service.personal == sealed)
    }
  }

  @Test func aKeyIsForOneCommandOfOneActor() async throws {
    try await withBroker { broker in
      let services = try await broker.store(2)
      _ = try await broker.perform(.claim(services[0].ref, lease: nil), key: "k")
      #expect(await broker.refusal(.claim(services[1].ref, lease: nil), key: "k")?.code == .idempotencyKeyReused)
      #expect(try await broker.perform(.claim(services[1].ref, lease: nil), ben, key: "k").service.state == .claimed)
    }
  }

  @Test func aRefusalStands() async throws {
    try await withBroker { broker in
      let queue = try queueName("a")
      #expect(await broker.refusal(.claimNext(queue, lease: nil), key: "k")?.code == .queueEmpty)
      let service = try await broker.store(1)[0]
      #expect(await broker.refusal(.claimNext(queue, lease: nil), key: "k")?.code == .queueEmpty)
      let refusal = await broker.refusal(.start(service.ref, fence: 1, lease: nil), key: "s")
      _ = try await broker.perform(.claim(service.ref, lease: nil))
      #expect(await broker.refusal(.start(service.ref, fence: 1, lease: nil), key: "s") == refusal)
      #expect(refusal?.code == .illegalTransition && refusal?.state == .waiting)
      // Without a key of the caller's own nothing is kept.
      #expect(await broker.refusal(.claimNext(queue, lease: nil))?.code == .queueEmpty)
      _ = try await broker.store(1)
      #expect(try await broker.perform(.claimNext(queue, lease: nil)).isReplay == false)
    }
  }

  @Test func someRefusalsMayPass() async throws {
    try await withBroker { broker in
      let new = try queueName("new")
      #expect(await broker.refusal(.claimNext(new, lease: nil), key: "k")?.code == .unknownQueue)
      _ = try await broker.createQueue(new)
      _ = try await broker.store(1, in: "new")
      #expect(try await broker.perform(.claimNext(new, lease: nil), key: "k").isReplay == false)
    }
  }
}
