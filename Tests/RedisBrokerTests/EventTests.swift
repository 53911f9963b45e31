import RedisBroker
import ServiceQueue
import Testing

/// Reads until `count` events, of the queue if one is named, have come.
func take(_ count: Int, of queue: QueueName? = nil, from subscription: EventSubscription) async -> [QueueEvent] {
  var events: [QueueEvent] = []
  for await batch in subscription.batches {
    switch batch {
    case .events(let more): events += more.filter { queue == nil || $0.queue == queue }
    case .reset, .presence: continue
    }
    if events.count >= count { break }
  }
  return events
}

/// Returns when the Broker follows the events: then something has come through, be it a reset.
func follow(_ broker: BrokerActor) async throws {
  let subscription = await broker.subscribe()
  _ = try await broker.store(1)
  for await _ in subscription.batches { return }
}

@Suite(.timeLimit(.minutes(1))) struct EventTests {
  @Test func everySubscriberOfEveryBrokerGetsEveryEventInOrder() async throws {
    try await withBrokers(2, queues: ["a", "b"]) { brokers in
      for broker in brokers { try await follow(broker) }
      let subscriptions = [
        await brokers[0].subscribe(), await brokers[0].subscribe(), await brokers[1].subscribe(),
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<200 {
          group.addTask { _ = try await brokers[index % 2].store(2, in: index % 3 == 0 ? "a" : "b") }
        }
        try await group.waitForAll()
      }
      for subscription in subscriptions {
        var last: [String: QueueVersion] = ["a": 2, "b": 0]
        reading: for await batch in subscription.batches {
          guard case .events(let events) = batch else {
            Issue.record("a reset")
            break
          }
          // What was read late of the beginning does not count.
          for event in events where event.queue.rawValue == "b" || event.version > 2 {
            #expect(event.version == (last[event.queue.rawValue] ?? 0) + 1)
            last[event.queue.rawValue] = event.version
          }
          if last == ["a": 136, "b": 266] { break reading }
        }
      }
    }
  }

  @Test func aNewQueueIsFollowedFromItsFirstEvent() async throws {
    try await withBrokers(2) { brokers in
      try await follow(brokers[1])
      let subscription = await brokers[1].subscribe()
      _ = try await brokers[0].createQueue(queueName("new"))
      _ = try await brokers[0].store(3, in: "new")
      let events = await take(3, of: try queueName("new"), from: subscription)
      #expect(events.map(\.version) == [1, 2, 3])
    }
  }

  @Test func aSubscriptionEndsWithTheBroker() async throws {
    var subscription: EventSubscription?
    try await withBroker { broker in
      subscription = await broker.subscribe()
      _ = try await broker.store(1)
    }
    var batches = 0
    for await _ in try #require(subscription).batches { batches += 1 }
    #expect(batches <= 2)
  }

  @Test func whoIsTooSlowIsToldAndLosesNothingElse() async throws {
    try await withBroker { broker in
      try await follow(broker)
      let slow = await broker.subscribe()
      let fast = await broker.subscribe()
      // Each event is awaited before the next change, so each is a batch of its own.
      var events = fast.batches.makeAsyncIterator()
      let service = try await broker.store(1)[0]
      _ = await events.next()
      for _ in 0..<1_100 {
        _ = try await broker.perform(.move(service.ref, to: .first), sue)
        _ = await events.next()
      }
      var versions: [QueueVersion] = []
      reading: for await batch in slow.batches {
        switch batch {
        case .events(let events): versions += events.map(\.version)
        case .reset(let queue):
          #expect(queue == nil)
          break reading
        case .presence: continue
        }
      }
      // The first was awaited, or a reset in its place.
      let first = try #require(versions.first)
      #expect(first <= 2 && versions == Array(first..<first + 1_024))
      _ = try await broker.perform(.move(service.ref, to: .first), sue)
      #expect(await take(1, from: slow).map(\.version) == [1_103])
    }
  }
}
