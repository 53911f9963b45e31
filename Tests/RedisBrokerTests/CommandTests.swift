import RedisBroker
import ServiceQueue
import Testing

@Suite struct CommandTests {
  @Test func aServiceGoesThroughItsWholeLife() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let sealed = SealedPersonalData(wrappedKey: [1, 2, 3], ciphertext: Array(0...255))
      let stored = try await broker.store(submitter.make(personal: sealed))
      #expect(stored.state == .waiting && stored.version == 1 && stored.ticket == 1)
      #expect(try await broker.service(stored.id) == stored)

      let claimed = try await broker.perform(.claim(stored.ref, lease: LeaseDuration(milliseconds: 60_000)))
      #expect(claimed.service.state == .claimed)
      #expect(claimed.service.assignee == Assignee(id: "u1", name: "anna"))
      #expect(claimed.service.fence == 2 && claimed.queueVersion == 2)
      #expect(claimed.service.personal == sealed)
      let claimedAt = try #require(claimed.service.claimedAt)
      #expect(claimed.leaseUntil == Timestamp(milliseconds: claimedAt.milliseconds + 60_000))
      #expect(!claimed.isReplay)

      let started = try await broker.perform(.start(stored.ref, fence: 2, lease: nil))
      #expect(started.service.state == .serving && started.service.startedAt != nil && started.service.version == 3)
      let renewed = try await broker.perform(.renew(stored.ref, fence: 2, lease: nil))
      #expect(renewed.queueVersion == started.queueVersion && renewed.service == started.service)
      #expect(renewed.leaseUntil != nil)

      let completed = try await broker.perform(.complete(stored.ref, fence: 2))
      #expect(completed.service.state == .completed && completed.service.endedAt != nil)
      #expect(completed.leaseUntil == nil && completed.queueVersion == 4)
      #expect(try await broker.service(stored.id) == completed.service)
      let summary = try await broker.queue(stored.queue)
      #expect(summary.total == 0 && summary.digest == QueueDigest())
    }
  }

  @Test func claimNextTakesTheFirst() async throws {
    try await withBroker { broker in
      let services = try await broker.store(3)
      let queue = try queueName("a")
      for service in services {
        #expect(try await broker.perform(.claimNext(queue, lease: nil)).service.id == service.id)
      }
      #expect(await broker.refusal(.claimNext(queue, lease: nil))?.code == .queueEmpty)
    }
  }

  @Test func releaseAndNoShowAndRemove() async throws {
    try await withBroker { broker in
      let services = try await broker.store(3)
      let claimed = try await broker.perform(.claim(services[0].ref, lease: nil))
      let released = try await broker.perform(.release(services[0].ref, fence: claimed.service.fence)).service
      #expect(released.state == .waiting && released.attempts == 1 && released.order == services[0].order)
      #expect(released.assignee == nil && released.fence == nil && released.claimedAt == nil)

      let other = try await broker.perform(.claim(services[1].ref, lease: nil))
      let missed = try await broker.perform(.noShow(services[1].ref, fence: other.service.fence)).service
      #expect(missed.state == .noShow && missed.assignee?.id == "u1")

      let removed = try await broker.perform(.remove(services[2].ref), sue).service
      #expect(removed.state == .cancelled)
      let snapshot = try await broker.snapshot(of: released.queue, limit: 10)
      #expect(snapshot.services == [released])
      #expect(snapshot.summary.digest == QueueDigest(of: [released]))
      #expect(snapshot.summary.total == 1 && snapshot.summary.waiting == 1)
    }
  }

  @Test func aCommandFindsItsQueueByItself() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      let ref = ServiceRef(id: service.id)
      let claimed = try await broker.perform(.claim(ref, lease: nil))
      _ = try await broker.perform(.start(ref, fence: claimed.service.fence, lease: nil))
      _ = try await broker.perform(.complete(ref, fence: claimed.service.fence))
      let refusal = await broker.refusal(.complete(ref, fence: claimed.service.fence))
      #expect(refusal?.code == .illegalTransition && refusal?.state == .completed)
    }
  }

  @Test func whatIsNotThere() async throws {
    try await withBroker { broker in
      let nobody = try #require(ServiceID("01890a5d-ac96-774b-bcce-b302099a8057"))
      #expect(await broker.refusal(.claim(ServiceRef(id: nobody), lease: nil))?.code == .notFound)
      let here = ServiceRef(id: nobody, queue: try queueName("a"))
      #expect(await broker.refusal(.claim(here, lease: nil))?.code == .notFound)
      let nowhere = ServiceRef(id: nobody, queue: try queueName("nowhere"))
      #expect(await broker.refusal(.claim(nowhere, lease: nil))?.code == .unknownQueue)
      #expect(await broker.refusal(.claimNext(try queueName("nowhere"), lease: nil))?.code == .unknownQueue)
      await #expect { try await broker.service(nobody) } throws: { ($0 as? BrokerError)?.code == .notFound }
      let nowhereName = try queueName("nowhere")
      await #expect { try await broker.queue(nowhereName) } throws: { ($0 as? BrokerError)?.code == .unknownQueue }
      await #expect { try await broker.snapshot(of: nowhereName, limit: 1) } throws: {
        ($0 as? BrokerError)?.code == .unknownQueue
      }
    }
  }

  @Test func aServiceOfAnotherQueueIsNotFound() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let service = try await broker.store(1)[0]
      let wrong = ServiceRef(id: service.id, queue: try queueName("b"))
      #expect(await broker.refusal(.claim(wrong, lease: nil))?.code == .notFound)
      _ = try await broker.perform(.remove(service.ref), sue)
      #expect(await broker.refusal(.claim(wrong, lease: nil))?.code == .notFound)
    }
  }

  @Test func illegalTransitionsTellTheStateFoundAndChangeNothing() async throws {
    try await withBroker { broker in
      let services = try await broker.store(3)
      let (waiting, claimed, serving) = (services[0].ref, services[1].ref, services[2].ref)
      let fence1 = try await broker.perform(.claim(claimed, lease: nil)).service.fence
      let fence2 = try await broker.perform(.claim(serving, lease: nil)).service.fence
      _ = try await broker.perform(.start(serving, fence: fence2, lease: nil))
      let before = try await broker.snapshot(of: services[0].queue, limit: 10)

      let cases: [(Command, ServiceState)] = [
        (.start(waiting, fence: 1, lease: nil), .waiting), (.renew(waiting, fence: 1, lease: nil), .waiting),
        (.release(waiting, fence: 1), .waiting), (.complete(waiting, fence: 1), .waiting),
        (.noShow(waiting, fence: 1), .waiting), (.claim(claimed, lease: nil), .claimed),
        (.complete(claimed, fence: fence1), .claimed), (.move(claimed, to: .first), .claimed),
        (.claim(serving, lease: nil), .serving), (.start(serving, fence: fence2, lease: nil), .serving),
        (.move(serving, to: .last), .serving),
      ]
      for (command, state) in cases {
        let refusal = await broker.refusal(command)
        #expect(refusal?.code == .illegalTransition && refusal?.state == state, "\(command.name) of \(state)")
      }
      #expect(try await broker.snapshot(of: services[0].queue, limit: 10) == before)
    }
  }

  @Test func fencesAndOwnersAreChecked() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      let old = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
      _ = try await broker.perform(.release(service.ref, fence: old))
      let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
      #expect(old != fence)
      #expect(await broker.refusal(.start(service.ref, fence: old, lease: nil))?.code == .staleFence)
      #expect(await broker.refusal(.start(service.ref, fence: nil, lease: nil))?.code == .staleFence)
      #expect(await broker.refusal(.start(service.ref, fence: fence, lease: nil), ben)?.code == .notOwner)
      #expect(await broker.refusal(.noShow(service.ref, fence: fence), ben)?.code == .notOwner)
      #expect(await broker.refusal(.release(service.ref, fence: old), sue)?.code == .staleFence)
      let started = try await broker.perform(.start(service.ref, fence: nil, lease: nil), sue)
      #expect(started.service.state == .serving && started.service.assignee?.id == "u1")
    }
  }

  @Test func aProducerRemovesOnlyItsOwn() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let own = try await broker.store(submitter.make(submitter: producer.id))
      let foreign = try await broker.store(submitter.make(submitter: "p2"))
      #expect(await broker.refusal(.remove(foreign.ref), producer)?.code == .notOwner)
      #expect(try await broker.perform(.remove(own.ref), producer).service.state == .cancelled)
    }
  }

  @Test func theVersionSeenIsChecked() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      let stale = ServiceRef(id: service.id, queue: service.queue, ifVersion: 7)
      #expect(await broker.refusal(.claim(stale, lease: nil))?.code == .versionMismatch)
      let seen = ServiceRef(id: service.id, queue: service.queue, ifVersion: 1)
      #expect(try await broker.perform(.claim(seen, lease: nil)).service.version == 2)
    }
  }

  @Test func namesCannotBreakTheRecord() async throws {
    try await withBroker { broker in
      let service = try await broker.store(1)[0]
      let odd = Principal(id: "u\t1", name: "an\tna\n\u{1F600}", level: .agent)
      let claimed = try await broker.perform(.claim(service.ref, lease: nil), odd)
      #expect(claimed.service.assignee == Assignee(id: "u 1", name: "an na \u{1F600}"))
      #expect(try await broker.service(service.id) == claimed.service)
    }
  }

  @Test func aHundredClaimFiftyOnceEach() async throws {
    try await withBrokers(2) { brokers in
      let services = try await brokers[0].store(50)
      let queue = services[0].queue
      let claimed = await withTaskGroup(of: ServiceID?.self) { group in
        for number in 0..<100 {
          let who = Principal(id: "c\(number)", name: "c\(number)", level: .agent)
          group.addTask { try? await brokers[number % 2].perform(.claimNext(queue, lease: nil), who).service.id }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(claimed.count == 100)
      let got = claimed.compactMap(\.self)
      #expect(got.count == 50 && Set(got) == Set(services.map(\.id)))
    }
  }
}
