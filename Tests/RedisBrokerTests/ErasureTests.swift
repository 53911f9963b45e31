import Foundation
import ServiceQueue
import Testing

@testable import RedisBroker

/// What `Broker.erase` does in Redis; that it does what the model says is for the property tests.
@Suite struct ErasureTests {
  /// An hour from now, or so.
  private let submittedLater = Int64(Date().timeIntervalSince1970 * 1000) + 3_600_000
  private let sealed = SealedPersonalData(wrappedKey: Array("WRAPPED-KEY".utf8), ciphertext: Array("CIPHERTEXT".utf8))

  /// All that Redis holds of the Broker's site.
  private func contents(_ broker: BrokerActor) async throws -> String {
    let prefix = KeySpace(site: broker.configuration.site).prefix
    var text = ""
    let names = try await broker.execute(RedisCommand("KEYS", prefix + "*"), named: "keys", effect: .question)
    for name in names.elements ?? [] {
      let key = try #require(name.text)
      var readers = [RedisCommand("GET", key), RedisCommand("HGETALL", key)]
      readers += [RedisCommand("XRANGE", key, "-", "+"), RedisCommand("ZRANGE", key, "0", "-1")]
      // With what is marked as deleted.
      readers.append(RedisCommand("DUMP", key))
      for reader in readers {
        // Those of other types are refused.
        guard let value = try? await broker.execute(reader, named: "read", effect: .question) else { continue }
        text += Self.text(value)
      }
    }
    return text
  }

  private static func text(_ value: RedisValue) -> String {
    value.text ?? (value.elements ?? []).map(text).joined(separator: " ")
  }

  /// Services of which one is transferred, one serving, one completed under a key, one scheduled; the last of another customer.
  private func fill(_ broker: BrokerActor, _ submitter: inout Submitter) async throws -> [Service] {
    var services: [Service] = []
    for number in 0..<5 {
      let others = SealedPersonalData(wrappedKey: [1], ciphertext: Array("OTHERS".utf8))
      let submission = try submitter.make(
        personal: number == 4 ? others : sealed,
        scheduledFor: number == 3 ? Timestamp(milliseconds: submittedLater) : nil)
      services.append(try await broker.store(submission))
    }
    let b = try queueName("b")
    _ = try await broker.perform(.transfer(services[0].ref, to: b, fence: nil), sue)
    for service in services[1...2] {
      let fence = try await broker.perform(.claim(service.ref, lease: nil)).service.fence
      _ = try await broker.perform(.start(service.ref, fence: fence, lease: nil))
    }
    let fence = try await broker.service(services[2].id).fence
    _ = try await broker.perform(.complete(services[2].ref, fence: fence), key: "k1")
    return services
  }

  @Test func nothingPersonalIsLeftAndOthersAreUntouched() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      var submitter = Submitter()
      let services = try await fill(broker, &submitter)
      let ids = services.prefix(4).map(\.id)
      let before = try await broker.service(services[1].id)
      #expect(try await contents(broker).contains("WRAPPED-KEY"))
      let b = try queueName("b")
      #expect(try await broker.erase(ids, seenIn: [b]) == Set(ids))
      // The history takes what it is told.
      let entries = try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero)
      #expect(entries.suffix(3).map(\.event.change.type) == Array(repeating: "service.updated", count: 3))
      #expect(entries.suffix(3).allSatisfy { $0.event.change.service?.personal == nil })
      try await broker.acknowledgeOutbox(entries.dropLast(2).map(\.id), for: .history)
      _ = try await broker.rewriteLog()
      #expect(try await broker.outbox(for: .history, after: nil, limit: 500, wait: .zero) == Array(entries.suffix(2)))
      let text = try await contents(broker)
      #expect(!text.contains("WRAPPED-KEY") && !text.contains("CIPHERTEXT") && text.contains("OTHERS"))

      var expected = before
      expected.personal = nil
      expected.version += 1
      #expect(try await broker.service(services[1].id) == expected)
      let completed = try await broker.service(services[2].id)
      #expect(completed.state == .completed && completed.personal == nil && completed.version == 5)
      #expect(try await broker.service(services[4].id) == services[4])
      for name in ["a", "b"] {
        let snapshot = try await broker.snapshot(of: try queueName(name), limit: 500)
        #expect(snapshot.summary.digest == QueueDigest(of: snapshot.services))
      }
      // A repeated answer has none either.
      let fence = before.fence.map { $0 + 2 }
      let again = try? await broker.perform(.complete(services[2].ref, fence: fence), key: "k1")
      #expect(again?.service.personal == nil)
    }
  }

  @Test func whoIsBehindStartsAgainAndOthersGoOn() async throws {
    try await withBroker(queues: ["a"]) { broker in
      var submitter = Submitter()
      let service = try await broker.store(submitter.make(personal: sealed))
      _ = try await broker.store(3)
      let queue = service.queue
      let before = try await broker.queue(queue)
      #expect(try await broker.erase([service.id], seenIn: []) == [service.id])
      let after = try await broker.queue(queue)
      #expect(after.version == before.version + 1 && after.epoch == before.epoch)
      let behind = try await broker.events(of: queue, epoch: before.epoch, after: 0, limit: 10)
      #expect(behind == .gone(epoch: before.epoch, current: after.version))
      let present = try await broker.events(of: queue, epoch: before.epoch, after: before.version, limit: 10)
      guard case .events(let events, _, _) = present else {
        Issue.record("gone")
        return
      }
      var bare = service
      bare.personal = nil
      bare.version = 2
      #expect(events.map(\.change) == [.updated(bare, .erased)] && events.first?.digest == after.digest)
      #expect(events.first?.actor == "system")
    }
  }

  @Test func twiceIsOnceAndWhatIsNotThereIsNothing() async throws {
    try await withBroker(queues: ["a", "b"]) { broker in
      var submitter = Submitter()
      let services = try await fill(broker, &submitter)
      let unknown = try submitter.make().id
      let nowhere = try queueName("nowhere")
      #expect(try await broker.erase([unknown], seenIn: [nowhere]).isEmpty)
      let places = try Set(["a", "b"].map(queueName))
      #expect(try await broker.erase(services.map(\.id), seenIn: places).count == 5)
      let before = try await broker.queues()
      #expect(try await broker.erase(services.map(\.id), seenIn: places).isEmpty)
      #expect(try await broker.queues() == before)
      let many = Array(repeating: unknown, count: BrokerLimits.eraseBatch + 1)
      await #expect { try await broker.erase(many, seenIn: []) } throws: {
        ($0 as? BrokerError)?.code == .invalidArgument
      }
    }
  }

  @Test func theLogIsWrittenAnew() async throws {
    try await withBroker { broker in
      let rewrite = try await broker.rewriteLog()
      #expect([.begun, .isBusy, .hasNone].contains(rewrite))
    }
  }
}
