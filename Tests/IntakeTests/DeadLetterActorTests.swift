import Logging
import Reactor
import ServiceQueue
import Testing

@testable import Intake

/// Looking after dead letters on a real RabbitMQ.
@Suite("Dead letters, looked after", .serialized)
struct DeadLetterActorTests {
  func actor(_ topology: IntakeTopology, limit: Duration = .seconds(30)) throws -> DeadLetterActor {
    DeadLetterActor(
      url: try testURL(), topology: topology, limit: limit, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  /// Properties as the consumer would give them.
  func dead(
    _ id: String, _ topology: IntakeTopology, reason: Rejection.Reason = .unknownQueue, exchange: String? = nil,
    key: String = "service.q.k"
  ) -> MessageProperties {
    let own = MessageProperties(
      contentType: "application/json", messageID: id, headers: [.init(name: "mine", value: .list([.integer(1)]))])
    let at = Timestamp(milliseconds: 1_700_000_000_000 + (Int64(id) ?? 0))
    return own.deadLettered(
      Rejection(reason, "why"), id: ServiceQueueIDs.next(), at: at,
      exchange: exchange ?? topology.exchange, routingKey: key)
  }

  func fill(_ probe: Probe, _ topology: IntakeTopology, _ messages: [MessageProperties]) async throws {
    try await probe.publish(messages.map { ("service.q.k", $0, "{}") }, to: topology.deadExchange)
    try await eventually("they lie there") {
      try await probe.count(of: topology.deadQueue).messages >= messages.count
    }
  }

  @Test func listingChangesNothing() async throws {
    try await withIntake { probe, _, topology in
      let letters = try actor(topology)
      #expect(
        try await letters.list(DeadLetterFilter(), limit: 10) == DeadLetterPage(letters: [], total: 0, isComplete: true)
      )
      let count = 450
      try await fill(
        probe, topology, (0..<count).map { dead("\($0)", topology, reason: $0 % 3 == 0 ? .tooDeep : .refused) })
      let first = try await letters.list(DeadLetterFilter(), limit: 1_000)
      #expect(first.total == count && first.isComplete)
      #expect(first.letters.map(\.messageID) == (0..<count).map(String.init))
      #expect(first.letters.allSatisfy { $0.exchange == topology.exchange && $0.size == 2 && $0.redeliveries == 0 })
      // In the same order, under the same ids, as often as one looks and wherever RabbitMQ puts them.
      for _ in 0..<3 { #expect(try await letters.list(DeadLetterFilter(), limit: 1_000).letters == first.letters) }
      let some = try await letters.list(DeadLetterFilter(reason: "too_deep"), limit: 20)
      #expect(some.letters.count == 20 && some.total == count && !some.isComplete)
      #expect(try await letters.list(DeadLetterFilter(), limit: 1_000).letters == first.letters)
      _ = try await letters.show(first.letters[0].id)
      #expect(try await letters.list(DeadLetterFilter(), limit: 3).letters == Array(first.letters.prefix(3)))
      let content = try await letters.show(first.letters[444].id)
      #expect(content.letter == first.letters[444] && content.body == Array("{}".utf8) && !content.isTruncated)
      #expect(content.headers.map(\.name) == ["mine"])
      #expect(try await letters.count() == count)
      await #expect(throws: DeadLetterError.self) { try await letters.show(DeadLetterID(of: [])) }
      #expect(try await probe.count(of: topology.deadQueue).messages == count)
    }
  }

  @Test func requeueingBringsThemToTheConsumerOnce() async throws {
    try await withIntake { probe, broker, topology in
      broker.update { $0.refusals["q"] = BrokerError(.unknownQueue, "No queue q: create it first") }
      let letters = try actor(topology)
      try await withConsumer(topology, broker) { _ in
        try await probe.publish("a", 0..<250, queue: "q")
        try await eventually("all refused") { try await probe.count(of: topology.deadQueue).messages == 250 }
        broker.update { $0.refusals = [:] }
        let page = try await letters.list(DeadLetterFilter(), limit: 2)
        let one = try await letters.requeue(DeadLetterFilter(ids: [page.letters[1].id]))
        #expect(one.done == 1 && one.remaining == 249 && one.missing.isEmpty && one.isComplete)
        try await eventually("the one") { broker.stored.map(\.idempotencyKey) == ["amqp\na1"] }
        let none = try await letters.requeue(DeadLetterFilter(ids: [page.letters[1].id]))
        #expect(none.done == 0 && none.missing == [page.letters[1].id] && none.remaining == 249)
        #expect(try await letters.requeue(DeadLetterFilter(reason: "too_deep")).done == 0)
        let all = try await letters.requeue(DeadLetterFilter(queue: QueueName("q")))
        #expect(all.done == 249 && all.remaining == 0 && all.unroutable == 0 && all.isComplete)
        try await eventually("all") { broker.stored.count == 250 }
      }
      #expect(Set(broker.stored.map(\.idempotencyKey)).count == 250)
      // What RabbitMQ says of a quorum queue lags.
      try await eventually(within: .seconds(60), "none left") {
        try await probe.count(of: topology.deadQueue).messages == 0
      }
    }
  }

  @Test func goesBackAsItWas() async throws {
    try await withIntake { probe, _, topology in
      try await fill(probe, topology, [dead("m", topology, key: "service.other.kind")])
      #expect(try await actor(topology).requeue(DeadLetterFilter()).done == 1)
      let message = try #require(try await probe.take(1, from: topology.queue).first)
      #expect(message.routingKey == "service.other.kind" && message.exchange == topology.exchange)
      #expect(message.properties.messageID == "m" && message.properties.contentType == "application/json")
      #expect(message.properties.headers == [.init(name: "mine", value: .list([.integer(1)]))])
    }
  }

  @Test func rabbitMQsOwnAreLettersToo() async throws {
    try await withIntake(with: { $0.deliveryLimit = 2 }) { probe, _, topology in
      try await probe.publish("poison", 0..<2)
      try await probe.giveBack(from: topology.queue)
      try await eventually("given up") { try await probe.count(of: topology.deadQueue).messages == 2 }
      let letters = try actor(topology)
      let found = try await letters.list(DeadLetterFilter(reason: "delivery_limit"), limit: 10).letters
      #expect(Set(found.map(\.messageID)) == ["poison0", "poison1"])
      #expect(found.allSatisfy { $0.exchange == topology.exchange && $0.routingKey == "service.front-desk.advice" })
      #expect(found.allSatisfy { $0.at != nil } && Set(found.map(\.id)).count == 2)
      #expect(try await letters.list(DeadLetterFilter(), limit: 10).letters == found)
      #expect(try await letters.requeue(DeadLetterFilter(ids: [found[0].id])).done == 1)
      let message = try #require(try await probe.take(1, from: topology.queue).first)
      #expect(message.properties.messageID == found[0].messageID)
      #expect(message.properties.headers.allSatisfy { !$0.name.contains("death") }, "it begins anew")
    }
  }

  @Test func whatHasNoWayBackStays() async throws {
    try await withIntake { probe, _, topology in
      try await fill(
        probe, topology,
        [
          dead("gone", topology, exchange: "no.such.exchange"), dead("good", topology),
          dead("unbound", topology, key: "other.q.k"), dead("good2", topology),
          dead("unbound", topology, key: "other.q.k"),
          dead("direct", topology, exchange: "", key: topology.queue), MessageProperties(messageID: "foreign"),
        ])
      let letters = try actor(topology)
      let outcome = try await letters.requeue(DeadLetterFilter())
      #expect(outcome.done == 3 && outcome.unroutable == 4 && outcome.remaining == 4 && outcome.isComplete)
      let left = try await letters.list(DeadLetterFilter(), limit: 10).letters
      #expect(left.compactMap(\.messageID).sorted() == ["foreign", "gone", "unbound", "unbound"])
      #expect(left.last?.messageID == "foreign", "nobody said when")
      #expect(Set(outcome.unroutableIDs) == Set(left.map(\.id)))
      #expect(
        try await Set(probe.take(3, from: topology.queue).map(\.properties.messageID)) == ["good", "good2", "direct"])
    }
  }

  @Test func purging() async throws {
    try await withIntake { probe, _, topology in
      try await fill(probe, topology, (0..<300).map { dead("\($0)", topology, reason: $0 < 100 ? .tooDeep : .refused) })
      let letters = try actor(topology)
      let first = try await letters.list(DeadLetterFilter(), limit: 1).letters
      #expect(try await letters.purge(DeadLetterFilter(ids: [first[0].id])).done == 1)
      let deep = try await letters.purge(DeadLetterFilter(reason: "too_deep"))
      #expect(deep.done == 99 && deep.remaining == 200 && deep.isComplete)
      let all = try await letters.purge(DeadLetterFilter())
      #expect(all.done == 200 && all.remaining == 0)
      #expect(try await probe.count(of: topology.queue).messages == 0)
    }
  }

  @Test func oneAtATimeOnAllNodes() async throws {
    try await withIntake { probe, _, topology in
      try await fill(probe, topology, (0..<300).map { dead("\($0)", topology) })
      // As two processes: each with an actor of its own.
      let found = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<6 {
          let letters = try actor(topology)
          group.addTask { try await letters.list(DeadLetterFilter(), limit: 1_000).letters.count }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(found == Array(repeating: 300, count: 6), "nobody saw what another held as missing")
      try await probe.lock("\(topology.deadQueue).lock")
      let impatient = try actor(topology, limit: .milliseconds(300))
      await #expect(throws: DeadLetterError.self) { try await impatient.list(DeadLetterFilter(), limit: 1) }
    }
  }

  @Test func withoutRabbitMQ() async throws {
    let letters = DeadLetterActor(
      url: try AMQPURL("amqp://127.0.0.1:1/"), logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    do {
      _ = try await letters.list(DeadLetterFilter(), limit: 1)
      Issue.record("there is no RabbitMQ")
    } catch {
      #expect(error.code == .unavailable)
    }
  }
}

/// Ids for letters that the tests make.
private enum ServiceQueueIDs {
  static func next() -> String {
    var (generator, random) = (UUIDv7Generator(), SystemRandomNumberGenerator())
    return generator.next(now: .now, using: &random).rawValue
  }
}
