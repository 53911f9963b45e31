import ServiceQueue
import Testing

@testable import Intake

/// The swap of rules under a running consumer, on a real RabbitMQ.
@Suite("Reload of rules", .serialized)
struct RuleReloadTests {
  @Test func takesEffectBetweenDeliveries() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker, rules: oneRule(then: #"{"route":"old"}"#)) { running in
        try await probe.publish("a", 0..<200)
        try await eventually("the first stored") { broker.stored.count == 200 }
        #expect(broker.stored.allSatisfy { $0.queue.rawValue == "old" })
        await running.consumer.use(try oneRule(then: #"{"route":"new"}"#))
        try await probe.publish("b", 0..<200)
        try await eventually("all stored") { broker.stored.count == 400 }
        #expect(broker.stored.dropFirst(200).allSatisfy { $0.queue.rawValue == "new" })
        await running.consumer.use(RuleSet())
        try await probe.publish("c", 0..<1)
        try await eventually("the last stored") { broker.stored.count == 401 }
        #expect(broker.stored.last?.queue.rawValue == "front-desk")
      }
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }
}
