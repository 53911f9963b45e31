import ServiceQueue
import Testing

@testable import Intake

/// The consumer on a real RabbitMQ, with a Broker of ours that can be told to fail.
@Suite("Consumer", .serialized)
struct ConsumerTests {
  @Test func storesInOrderAndAcknowledges() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker) { running in
        try await probe.publish("a", 0..<1_000)
        try await eventually("1,000 stored") { broker.stored.count == 1_000 }
        #expect(running.consumer.health().isReady)
      }
      #expect(broker.stored.map(\.idempotencyKey) == (0..<1_000).map { "amqp\na\($0)" })
      let first = try #require(broker.stored.first)
      #expect(first.queue.rawValue == "front-desk" && first.kind == "advice" && first.submitter == "amqp")
      #expect(first.personal?.ciphertext == Array(#"{"name":"N0"}"#.utf8))
      #expect(first.personal?.wrappedKey == Array(first.id.rawValue.utf8))
      #expect(broker.largestBatch <= BrokerLimits.submitBatch)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func oneIDTwiceIsOneService() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker) { _ in
        try await probe.publish("a", 0..<10)
        try await probe.publish("a", 0..<10)
        try await probe.publish("last", 0..<1)
        try await eventually("stored") { broker.stored.count == 11 }
      }
      #expect(broker.stored.count == 11)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func whatIsNotStoredComesAgain() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.isHeld = true }
      try await withConsumer(topology, broker, grace: .milliseconds(100)) { _ in
        try await probe.publish("a", 0..<20)
        try await eventually("submitted") { broker.calls > 0 }
      }
      #expect(broker.stored.isEmpty)
      try await eventually("back in the queue") { try await probe.count(of: topology.queue).messages == 20 }
      broker.update { $0.isHeld = false }
      try await withConsumer(topology, broker) { _ in
        try await eventually("stored") { broker.stored.count == 20 }
      }
      #expect(Set(broker.stored.map(\.idempotencyKey)).count == 20)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test(arguments: [BrokerError.Code.unavailable, .overloaded, .outcomeUnknown, .internal])
  func transientFailuresAreTriedAgainInOrder(_ code: BrokerError.Code) async throws {
    try await withIntake { probe, broker, topology in
      broker.update {
        $0.failures = Array(repeating: BrokerError(code, "told to"), count: 3)
        $0.storesBeforeFailing = code == .outcomeUnknown
      }
      try await withConsumer(topology, broker) { running in
        try await probe.publish("a", 0..<50)
        try await eventually("stored and acknowledged") {
          broker.stored.count == 50 && running.consumer.health().isReady
        }
      }
      #expect(broker.stored.map(\.idempotencyKey) == (0..<50).map { "amqp\na\($0)" })
      #expect(broker.calls >= 4)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func healthTellsOfTheBroker() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.failures = Array(repeating: BrokerError(.unavailable, "Redis is away"), count: 10_000) }
      try await withConsumer(topology, broker) { running in
        try await probe.publish("a", 0..<1)
        try await eventually("told") { running.consumer.health().state == .brokerUnavailable }
        #expect(running.consumer.health().detail.contains("Redis is away"))
        broker.update { $0.failures = [] }
        try await eventually("ready again") { running.consumer.health().isReady }
      }
    }
  }

  @Test func prefetchBoundsWhatIsUnderWay() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.isHeld = true }
      try await withConsumer(topology, broker, prefetch: 10) { _ in
        try await probe.publish("a", 0..<40)
        try await eventually("submitted") { broker.calls > 0 }
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await probe.count(of: topology.queue).messages == 30)
        broker.update { $0.isHeld = false }
        try await eventually("stored") { broker.stored.count == 40 }
      }
      #expect(broker.largestBatch <= 10)
    }
  }

  @Test func aGracefulShutdownLosesNothing() async throws {
    try await withIntake(delay: .milliseconds(400)) { probe, broker, topology in
      try await probe.publish("a", 0..<2_000)
      try await withConsumer(topology, broker, prefetch: 100) { _ in
        try await eventually("begun") { broker.stored.count > 100 }
      }
      let left = try await probe.count(of: topology.queue).messages
      #expect(left + broker.stored.count == 2_000)
      #expect(left > 0)
      // What had been delivered was finished, not given back: RabbitMQ would deliver it again in any order.
      try await withConsumer(topology, broker) { _ in
        try await eventually("the rest") { broker.stored.count == 2_000 }
      }
      let inOrder = broker.stored.map(\.idempotencyKey) == (0..<2_000).map { "amqp\na\($0)" }
      #expect(inOrder)
    }
  }

  @Test func anotherQueueOfThatNameIsAClearError() async throws {
    try await withIntake { probe, broker, topology in
      let other = topology.with { $0.queue += ".classic" }
      try await probe.declareClassic(other.queue)
      try await withConsumer(other, broker) { running in
        try await eventually("told") { running.consumer.health().state == .disconnected }
        let detail = running.consumer.health().detail
        #expect(detail.hasPrefix("precondition_failed:") && detail.contains(other.queue))
        // It keeps trying: once the queue is out of the way it goes on.
        try await probe.deleteQueue(other.queue)
        try await eventually("consuming") { running.consumer.health().isReady }
      }
      try await probe.deleteQueue(other.queue)
    }
  }

  @Test func throughputIsSane() async throws {
    try await withIntake { probe, broker, topology in
      try await probe.publish("a", 0..<5_000)
      let began = ContinuousClock.now
      try await withConsumer(topology, broker) { _ in
        try await eventually("stored") { broker.stored.count == 5_000 }
      }
      #expect(ContinuousClock.now - began < .seconds(30))
      #expect(broker.calls < 2_500, "requests go in batches")
    }
  }
}

extension Probe {
  func declareClassic(_ queue: String) throws { try raw().declareClassic(queue) }
  func deleteQueue(_ queue: String) throws { try raw().deleteQueue(queue) }
}
