import Reactor
import ServiceLifecycle
import ServiceQueue
import Testing

@testable import Intake

/// What is published, and when it is done with.
@Suite("Events, pure")
struct OutboundTests {
  static func entry(_ number: UInt64, _ change: (ServiceQueue.Service) -> QueueEvent.Change, queue: String = "desk")
    throws
    -> OutboxEntry
  {
    let name = try #require(QueueName(queue))
    let service = ServiceQueue.Service(
      id: try #require(ServiceID("0197c2a8-0000-7000-8000-00000000000\(number % 10)")), queue: name, ticket: number,
      kind: "passport", priority: .normal, order: try #require(OrderKey(1)), state: .completed, version: 3, attempts: 1,
      submitter: "s1", submittedAt: Timestamp(milliseconds: 1_000), claimedAt: Timestamp(milliseconds: 2_000))
    return OutboxEntry(
      id: try #require(OutboxID("\(number)-0")),
      event: QueueEvent(
        queue: name, epoch: try #require(Epoch("e1")), version: number, digest: QueueDigest(value: 1),
        at: Timestamp(milliseconds: 3_000), actor: "anna", change: change(service)))
  }

  @Test func isACloudEventWithoutPersons() throws {
    let event = try #require(ServiceCloudEvent(try Self.entry(7, QueueEvent.Change.completed).event))
    #expect(event.routingKey == "service.desk.completed" && event.properties.messageID == "desk:e1:7")
    let json = try JSONScanner.parse(event.body(site: "main"), limits: .init(bytes: 4_096, depth: 8))
    let members = try #require(json.object)
    #expect(members["specversion"]?.string == "1.0" && members["id"]?.string == "desk:e1:7")
    #expect(members["source"]?.string == "/usher/main" && members["type"]?.string == "usher.service.completed")
    #expect(members["subject"]?.string == "0197c2a8-0000-7000-8000-000000000007")
    #expect(members["time"]?.string == "1970-01-01T00:00:03.000Z")
    #expect(members["datacontenttype"]?.string == "application/json")
    let data = try #require(members["data"]?.object)
    #expect(
      data.members.map(\.name) == [
        "id", "queue", "epoch", "version", "state", "kind", "ticket", "priority", "attempts", "submitted_at",
        "claimed_at",
      ])
  }

  @Test func tellsOfSomeChangesAlone() throws {
    let told: [(QueueEvent.Change, String)] = try [
      (Self.entry(1, QueueEvent.Change.claimed).event.change, "claimed"),
      (Self.entry(1, QueueEvent.Change.noShow).event.change, "no_show"),
      (Self.entry(1, QueueEvent.Change.removed).event.change, "cancelled"),
      (Self.entry(1) { .dead($0, .released) }.event.change, "dead"),
    ]
    for (change, word) in told {
      let entry = try Self.entry(1) { _ in change }
      #expect(ServiceCloudEvent(entry.event)?.type == "usher.service.\(word)")
    }
    for quiet in try [Self.entry(1, QueueEvent.Change.started), Self.entry(1) { .added($0, from: nil) }] {
      #expect(ServiceCloudEvent(quiet.event) == nil)
    }
  }

  @Test func aRoundIsDoneWhenAllIsConfirmed() throws {
    let page = try [
      Self.entry(1, QueueEvent.Change.claimed), Self.entry(2, QueueEvent.Change.started),
      Self.entry(3, QueueEvent.Change.completed), Self.entry(4, QueueEvent.Change.claimed),
    ]
    var round = PublishRound(page)
    #expect(round.events.map(\.id) == ["desk:e1:1", "desk:e1:3", "desk:e1:4"])
    for number in 11...13 as ClosedRange<UInt64> { round.published(number) }
    // A confirm that comes while it publishes does not end it.
    #expect(round.take(Confirm(number: 11, isMultiple: false, isPositive: true)) == .wait)
    #expect(round.finishedPublishing() == .wait)
    #expect(round.take(Confirm(number: 11, isMultiple: false, isPositive: true)) == .wait)
    #expect(round.take(Confirm(number: 13, isMultiple: false, isPositive: true)) == .wait)
    #expect(round.take(Confirm(number: 12, isMultiple: true, isPositive: true)) == .acknowledge(page.map(\.id)))
  }

  @Test func aRoundFailsWhenOneIsRefused() throws {
    var round = PublishRound([
      try Self.entry(1, QueueEvent.Change.claimed), try Self.entry(2, QueueEvent.Change.claimed),
    ])
    round.published(1)
    round.published(2)
    #expect(round.finishedPublishing() == .wait)
    #expect(round.take(Confirm(number: 2, isMultiple: true, isPositive: false)) == .fail(2))
  }

  /// What was refused is not done with because the others were taken.
  @Test func aRoundThatHasFailedIsNeverAcknowledged() throws {
    var round = PublishRound(try (1...3).map { try Self.entry($0, QueueEvent.Change.claimed) })
    for number in 1...3 as ClosedRange<UInt64> { round.published(number) }
    #expect(round.finishedPublishing() == .wait)
    #expect(round.take(Confirm(number: 3, isMultiple: false, isPositive: false)) == .fail(1))
    #expect(round.take(Confirm(number: 2, isMultiple: true, isPositive: true)) == .wait)
  }

  @Test func aRoundOfNothingIsDoneAtOnce() throws {
    let page = [try Self.entry(1, QueueEvent.Change.started)]
    var round = PublishRound(page)
    #expect(round.finishedPublishing() == .acknowledge(page.map(\.id)))
  }
}

/// The publisher on a real RabbitMQ, with an outbox of ours.
@Suite("Events, published", .serialized)
struct EventPublisherTests {
  @Test func publishesInOrderAndAcknowledges() async throws {
    try await withEvents { probe, broker, configuration in
      try broker.emit(1...1_200)
      try await withPublisher(broker, configuration) { publisher in
        let events = try await probe.take(600, from: configuration.exchange)
        #expect(
          events.map { $0.properties.messageID } == stride(from: 1, through: 1_199, by: 2).map { "desk:e1:\($0)" })
        #expect(events.allSatisfy { $0.routingKey == "service.desk.completed" })
        try await eventually("acknowledged") { broker.left == 0 }
        #expect(publisher.health().state == .publishing)
      }
    }
  }

  /// Whatever was confirmed or not when the connection broke, each event is there, first in its order.
  @Test func goesOnAfterTheConnectionWasCut() async throws {
    try await withEvents { probe, broker, configuration in
      try await withProxy { proxy, url in
        var through = configuration
        through.url = url
        try broker.emit(1...4_000)
        try await withPublisher(broker, through) { _ in
          for _ in 0..<4 {
            try await Task.sleep(for: .milliseconds(60))
            await proxy.cut()
          }
          try await eventually(within: .seconds(60), "all acknowledged") { broker.left == 0 }
        }
      }
      let ids = try await probe.take(.max, from: configuration.exchange, within: .seconds(2)).compactMap(
        \.properties.messageID)
      var seen: Set<String> = []
      #expect(ids.filter { seen.insert($0).inserted } == stride(from: 1, through: 3_999, by: 2).map { "desk:e1:\($0)" })
    }
  }

  @Test func anotherStandsByAndTakesOver() async throws {
    try await withEvents { probe, broker, configuration in
      try await withPublisher(broker, configuration) { first in
        try await eventually("first publishes") { first.health().state == .publishing }
        try await withPublisher(broker, configuration) { second in
          try await eventually("second stands by") { second.health().state == .standby }
          #expect(second.health().isReady)
          try broker.emit(1...100)
          #expect(try await probe.take(50, from: configuration.exchange).count == 50)
        }
      }
      try await withPublisher(broker, configuration) { third in
        try broker.emit(101...200)
        #expect(try await probe.take(50, from: configuration.exchange).count == 50)
        #expect(third.health().state == .publishing)
      }
    }
  }

  /// A queue that is full refuses; nothing is lost by it.
  @Test func whatIsRefusedComesAgain() async throws {
    try await withEvents(limit: 3) { probe, broker, configuration in
      try broker.emit(1...20)
      try await withPublisher(broker, configuration) { publisher in
        try await eventually("refused") { publisher.health().detail.hasPrefix("publish_refused") }
        var seen: Set<String> = []
        try await eventually(within: .seconds(60), "all") {
          for event in try await probe.take(3, from: configuration.exchange, within: .milliseconds(300)) {
            seen.insert(event.properties.messageID ?? "")
          }
          return broker.left == 0
        }
        seen.formUnion(
          try await probe.take(.max, from: configuration.exchange, within: .seconds(1)).compactMap(
            \.properties.messageID))
        #expect(seen == Set(stride(from: 1, through: 19, by: 2).map { "desk:e1:\($0)" }))
      }
    }
  }

  @Test func nobodyNeedsToListen() async throws {
    try await withEvents { probe, broker, configuration in
      var other = configuration
      other.exchange += ".unbound"
      try broker.emit(1...50)
      try await withPublisher(broker, other) { _ in try await eventually("acknowledged") { broker.left == 0 } }
      try await probe.deleteExchange(other.exchange)
    }
  }
}

extension MemoryBroker {
  /// Fills the outbox with changes of these versions, every other of which is published.
  func emit(_ versions: ClosedRange<UInt64>) throws {
    let entries = try versions.map { version in
      try OutboundTests.entry(version) { version % 2 == 1 ? .completed($0) : .started($0) }
    }
    update { $0.outbox += entries }
  }

}

/// A queue for events and the body with it; all is deleted afterwards. The queue has the name of the exchange.
private func withEvents(
  limit: Int? = nil, _ body: @Sendable @escaping (Probe, MemoryBroker, EventsConfiguration) async throws -> Void
) async throws {
  try await withIntake { probe, broker, topology in
    var configuration = EventsConfiguration(url: try testURL(), site: topology.queue)
    configuration.exchange = topology.queue + ".events"
    try await probe.declareEvents(configuration.exchange, limit: limit)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(probe, broker, configuration))
    } catch {
      result = .failure(error)
    }
    try await probe.deleteQueue(configuration.exchange)
    try await probe.deleteExchange(configuration.exchange)
    try result.get()
  }
}

private func withPublisher(
  _ broker: MemoryBroker, _ configuration: EventsConfiguration,
  _ body: @Sendable @escaping (EventPublisherActor) async throws -> Void
) async throws {
  let reactor = try Reactor(name: "events")
  let logger = quietLogger()
  let publisher = EventPublisherActor(configuration: configuration, broker: broker, reactor: reactor, logger: logger)
  let group = ServiceGroup(configuration: .init(services: [publisher], logger: logger))
  let result: Result<Void, any Error> = await withTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try? await group.run() }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(publisher))
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    await tasks.waitForAll()
    return result
  }
  await reactor.shutdown()
  try result.get()
}
