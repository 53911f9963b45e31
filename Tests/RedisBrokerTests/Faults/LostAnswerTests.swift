import RedisBroker
import ServiceQueue
import Testing

/// A change was carried out, its answer was lost, and the second attempt is refused: then nobody may say that nothing happened.
@Suite(.timeLimit(.minutes(1))) struct LostAnswerTests {
  enum Refusal: CaseIterable {
    case memory, replica

    var command: [String] {
      switch self {
      case .memory: ["CONFIG", "SET", "maxmemory", "1"]
      case .replica: ["REPLICAOF", "127.0.0.1", "1"]
      }
    }

    var cure: [String] {
      switch self {
      case .memory: ["CONFIG", "SET", "maxmemory", "0"]
      case .replica: ["REPLICAOF", "NO", "ONE"]
      }
    }
  }

  @Test(arguments: Refusal.allCases) func theSecondAttemptIsRefused(refusal: Refusal) async throws {
    let redis = try PrivateRedis()
    let port = redis.port
    let relay = try Relay(to: port)
    defer { relay.close() }
    try await withBroker(url: relay.url, commandTimeout: .seconds(2)) { broker in
      #expect(await eventually { await broker.health().isConnected })
      let service = try await broker.store(1)[0]
      relay.loseAnswer(to: "_claim\r\n") {
        // It has happened; from now on nothing can.
        _ = try? RedisControl(port: port).send(refusal.command)
      }
      let error = await broker.refusal(.claim(service.ref, lease: nil), key: "k")
      #expect(error?.code == .outcomeUnknown && error?.changedNothing == false)
      try redis.control().send(refusal.cure)
      // The same key tells what happened.
      #expect(await eventually { await broker.refusal(.claim(service.ref, lease: nil), key: "k") == nil })
      #expect(try await broker.service(service.id).version == 2)
    }
  }

  @Test func theSecondAttemptIsTakenForTheFirst() async throws {
    let redis = try PrivateRedis()
    let relay = try Relay(to: redis.port)
    defer { relay.close() }
    try await withBroker(url: relay.url) { broker in
      let service = try await broker.store(1)[0]
      relay.loseAnswer(to: "_claim\r\n") {}
      // Without a key of the client's, too.
      let answer = try await broker.perform(.claim(service.ref, lease: nil))
      #expect(answer.service.version == 2 && answer.queueVersion == 2 && !answer.isReplay)
      #expect(try await broker.queue(service.queue).version == 2)
      var submitter = Submitter()
      let item = try submitter.make()
      relay.loseAnswer(to: "_submit\r\n") {}
      #expect(try await broker.submit([item]) == [.duplicate(item.id)])
      #expect(try await broker.queue(service.queue).total == 2)
    }
  }
}
