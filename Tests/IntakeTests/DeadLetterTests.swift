import ServiceQueue
import Testing

@testable import Intake

/// What cannot be understood, or is refused for good, on a real RabbitMQ.
@Suite("Dead letters", .serialized)
struct DeadLetterTests {
  @Test func carryTheReasonAndTheMessage() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.refusals["closed"] = BrokerError(.unknownQueue, "No queue closed: create it first") }
      broker.update { $0.refusals["ending"] = BrokerError(.queueDraining, "The queue ending takes no new services") }
      try await withConsumer(topology, broker) { _ in
        try await probe.publish([
          ("service.q.k", MessageProperties(messageID: "1"), "{not json"),
          ("service.q.k", MessageProperties(headers: [.init(name: "mine", value: .text("kept"))]), "{}"),
          ("service.q.k", MessageProperties(messageID: "good"), "{}"),
          ("service.closed.k", MessageProperties(contentType: "application/json", messageID: "3"), "{}"),
          ("service.q.k", MessageProperties(messageID: "4"), #"{"priority":99}"#),
          ("service.ending.k", MessageProperties(messageID: "5"), "{}"),
        ])
        let letters = try await probe.take(5, from: topology.deadQueue)
        let reasons = letters.map { $0.properties.text("x-usher-reason") ?? "" }
        #expect(
          Set(reasons) == ["malformed_json", "missing_id", "unknown_queue", "invalid_value", "queue_draining"])
        let malformed = try #require(letters.first { $0.properties.messageID == "1" })
        #expect(malformed.body == Array("{not json".utf8))
        #expect(malformed.properties.text("x-usher-routing-key") == "service.q.k")
        #expect(malformed.properties.text("x-usher-exchange") == topology.exchange)
        #expect(malformed.properties.text("x-usher-detail")?.contains("at byte 1") == true)
        let anonymous = try #require(letters.first { $0.properties.messageID == nil })
        #expect(anonymous.properties.text("mine") == "kept")
        let refused = try #require(letters.first { $0.properties.messageID == "3" })
        #expect(refused.properties.contentType == "application/json")
        #expect(refused.properties.text("x-usher-detail")?.contains("No queue closed") == true)
        let invalid = try #require(letters.first { $0.properties.messageID == "4" })
        #expect(invalid.properties.text("x-usher-detail")?.hasPrefix("priority:") == true)
        try await eventually("the good one") { broker.stored.count == 1 }
      }
      #expect(broker.stored.map(\.idempotencyKey) == ["amqp\ngood"])
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func rulesDropRouteAndReject() async throws {
    let rules = try RuleSet(
      json: Array(
        #"""
        {"rules":[
          {"name":"spam","when":{"customer.name":{"prefix":"N1"}},"then":{"drop":true}},
          {"name":"no towing","when":{"kind":"towing"},"then":{"reject":"not here"}},
          {"name":"elsewhere","when":{"queue":"old"},"then":{"route":"new","prioritise":"urgent"}}
        ]}
        """#.utf8))
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker, rules: rules) { _ in
        try await probe.publish("a", 0..<20, queue: "old")
        try await probe.publish([("service.q.towing", MessageProperties(messageID: "t"), "{}")])
        let letters = try await probe.take(1, from: topology.deadQueue)
        #expect(letters.first?.properties.text("x-usher-reason") == "rejected_by_rule")
        #expect(letters.first?.properties.text("x-usher-detail") == "no towing: not here")
        try await eventually("the others") { broker.stored.count == 9 }
      }
      #expect(broker.stored.allSatisfy { $0.queue.rawValue == "new" && $0.priority.level == 9 })
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func aBatchThatIsRefusedAsAWholeIsTakenApart() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.poison = "amqp\na2" }
      try await probe.publish("a", 0..<5)
      try await withConsumer(topology, broker) { _ in
        let letters = try await probe.take(1, from: topology.deadQueue)
        #expect(letters.first?.properties.text("x-usher-reason") == "refused")
        #expect(letters.first?.properties.messageID == "a2")
        try await eventually("the others") { broker.stored.count == 4 }
      }
      #expect(broker.stored.map(\.idempotencyKey) == ["a0", "a1", "a3", "a4"].map { "amqp\n\($0)" })
      #expect(try await probe.count(of: topology.deadQueue).messages == 0)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func aMissingQueueForThemLosesNothing() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker) { running in
        try await eventually("ready") { running.consumer.health().isReady }
        let session = await running.consumer.held().session
        try await probe.deleteQueue(topology.deadQueue)
        try await probe.publish([("service.q.k", MessageProperties(messageID: "1"), "not json")])
        // It is told for as long as connecting again takes, which may be too short to be seen here.
        try await eventually("told") {
          if running.consumer.health().detail.hasPrefix("unroutable:") { return true }
          return await running.consumer.held().session != session
        }
        // Connecting again declares the queue again, and the message comes again.
        try await eventually("ready again") { running.consumer.health().isReady }
        #expect(try await probe.take(1, from: topology.deadQueue).first?.properties.messageID == "1")
      }
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func manyAtOnceAreAllKept() async throws {
    try await withIntake { probe, broker, topology in
      try await withConsumer(topology, broker, prefetch: 50) { _ in
        try await probe.publish(
          (0..<500).map { number in
            ("service.q.k", MessageProperties(messageID: "\(number)"), number % 2 == 0 ? "{}" : "[]")
          })
        #expect(try await probe.take(250, from: topology.deadQueue).count == 250)
        try await eventually("the good ones") { broker.stored.count == 250 }
      }
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }
}
