import RedisBroker
import ServiceQueue
import Testing

@Suite struct BatchTests {
  @Test func eachHasItsOwnAnswer() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      let s = try await broker.store(4)
      let queue = s[0].queue
      let nobody = try #require(ServiceID("01890a5d-ac96-774b-bcce-b302099a8057"))
      let commands: [Command] = [
        .claim(s[0].ref, lease: nil), .claim(s[0].ref, lease: nil), .claim(ServiceRef(id: s[1].id), lease: nil),
        .claim(ServiceRef(id: nobody), lease: nil), .claimNext(queue, lease: nil), .claimNext(queue, lease: nil),
        .claimNext(queue, lease: nil), .claimNext(try queueName("nowhere"), lease: nil),
      ]
      let results = await broker.performAll(commands.map { CommandRequest($0, by: anna) })
      let told = results.map { result -> String in
        switch result {
        case .success(let answer): "\(s.firstIndex { $0.id == answer.service.id } ?? -1)@\(answer.queueVersion)"
        case .failure(let error): error.code.rawValue
        }
      }
      #expect(
        told == [
          "0@5", "illegal_transition", "1@6", "not_found", "2@7", "3@8", "queue_empty", "unknown_queue",
        ])
      #expect(await broker.performAll([]).isEmpty)
    }
  }

  @Test func itIsBoundedAndReplayed() async throws {
    try await withBroker { broker in
      let s = try await broker.store(500)
      let requests = s.map {
        CommandRequest(.claim($0.ref, lease: nil), by: anna, idempotencyKey: IdempotencyKey("k\($0.ticket)"))
      }
      let first = await broker.performAll(requests)
      let second = await broker.performAll(requests)
      #expect(try first.map { try $0.get().service } == second.map { try $0.get().service })
      #expect(try second.allSatisfy { try $0.get().isReplay })
      let tooMany = await broker.performAll(requests + requests.prefix(1))
      #expect(tooMany.count == 501)
      guard case .failure(let error)? = tooMany.first else {
        Issue.record("done")
        return
      }
      #expect(error.code == .invalidArgument)
    }
  }
}
