import RedisBroker
import ServiceQueue
import Testing

@Suite struct SubmitTests {
  @Test func aBatchKeepsItsOrderAndCountsTickets() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      var submitter = Submitter()
      var batch: [Submission] = []
      for number in 0..<500 { batch.append(try submitter.make(number % 2 == 0 ? "a" : "b")) }
      let outcomes = try await broker.submit(batch)
      #expect(outcomes.count == 500)
      for name in ["a", "b"] {
        let queue = try queueName(name)
        let snapshot = try await broker.snapshot(of: queue, limit: 5_000)
        #expect(snapshot.services.map(\.id) == batch.filter { $0.queue == queue }.map(\.id))
        #expect(snapshot.services.map(\.ticket) == Array(1...250))
        #expect(snapshot.summary.version == 250)
        #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
        for service in snapshot.services {
          let outcome = outcomes[try #require(batch.firstIndex { $0.id == service.id })]
          #expect(outcome == .stored(service, queueVersion: service.ticket))
        }
      }
    }
  }

  @Test func oneKeyIsOneService() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let first = try submitter.make(key: "k", fingerprint: "f1")
      let again = try submitter.make(key: "k", fingerprint: "f1")
      let different = try submitter.make(key: "k", fingerprint: "f2")
      let ofAnother = try submitter.make(key: "k", fingerprint: "f2", submitter: "p2")
      let outcomes = try await broker.submit([first, again, different, ofAnother])
      guard case .stored = outcomes[0], case .stored = outcomes[3] else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(outcomes[1] == .duplicate(first.id))
      guard case .refused(let error) = outcomes[2] else {
        Issue.record("\(outcomes)")
        return
      }
      #expect(error.code == .idempotencyKeyReused)
      #expect(try await broker.submit([first]) == [.duplicate(first.id)])
      #expect(try await broker.queue(first.queue).total == 2)
    }
  }

  @Test func whatCannotBeStoredIsRefusedAlone() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let good = try submitter.make()
      let nowhere = try submitter.make("nowhere")
      let sameID = Submission(
        id: good.id, queue: good.queue, kind: "x", priority: .normal, personal: nil, submitter: "amqp",
        submitterName: "amqp", idempotencyKey: "other", fingerprint: "f")
      let badKind = Submission(
        id: try submitter.make().id, queue: good.queue, kind: "No\tgood", priority: .normal, personal: nil,
        submitter: "amqp", submitterName: "amqp", idempotencyKey: "bad", fingerprint: "f")
      let codes = try await broker.submit([nowhere, good, sameID, badKind]).map { outcome -> BrokerError.Code? in
        if case .refused(let error) = outcome { error.code } else { nil }
      }
      #expect(codes == [.unknownQueue, nil, .invalidArgument, .invalidArgument])
    }
  }

  @Test func anEmptyBatchAndOneTooLarge() async throws {
    try await withBroker { broker in
      #expect(try await broker.submit([]).isEmpty)
      var submitter = Submitter()
      let batch = try submitter.make(count: 501)
      await #expect { try await broker.submit(batch) } throws: { ($0 as? BrokerError)?.code == .invalidArgument }
    }
  }

  @Test func urgencyIsAHeadStart() async throws {
    try await withBroker { broker in
      var submitter = Submitter()
      let levels = [4, 0, 9, 4, 6, 9]
      var batch: [Submission] = []
      for level in levels { batch.append(try submitter.make(priority: try #require(Priority(level)))) }
      _ = try await broker.submit(batch)
      let order = try await broker.snapshot(of: queueName("a"), limit: 10).services.map(\.id)
      #expect(order == [2, 5, 4, 0, 3, 1].map { batch[$0].id })
    }
  }
}
