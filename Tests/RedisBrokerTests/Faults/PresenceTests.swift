import ServiceQueue
import Testing

@testable import RedisBroker

/// Who watches a queue, as several Brokers on a real Redis tell it.
@Suite(.timeLimit(.minutes(1))) struct PresenceTests {
  private let queue = QueueName("a")!

  @Test func everyBrokerTellsOfAllNodes() async throws {
    try await withBrokers(2, queues: ["a", "b"]) { brokers in
      var watch = try await PresenceWatch(brokers[1])
      let (one, two) = (Node("one", on: brokers[0]), Node("two", on: brokers[1]))
      #expect(try await one.announce([joined("c1"), joined("c2", user: "u2"), joined("c1", in: "b")]))
      #expect(try await two.announce([joined("c3")]))
      for broker in brokers {
        let presence = try await broker.presence(in: queue)
        #expect(presence.entries == [entry("c1"), entry("c2", user: "u2"), entry("c3")])
        #expect(presence.connections == 3 && presence.users == 2)
        #expect(try await broker.presence(in: queueName("b")).entries == [entry("c1")])
      }
      #expect(try await one.announce([left("c1"), joined("c4")]))
      #expect(try await brokers[1].presence(in: queue).entries.map(\.connection) == ["c2", "c3", "c4"])
      let expected = [
        joined("c1"), joined("c2", user: "u2"), joined("c1", in: "b"), joined("c3"), left("c1"), joined("c4"),
      ]
      #expect(await watch.next(6) == expected)
      await #expect(throws: BrokerError.self) { try await brokers[0].presence(in: queueName("none")) }
    }
  }

  @Test func whatIsNotNewIsNotTold() async throws {
    try await withBroker { broker in
      var watch = try await PresenceWatch(broker)
      let node = Node("one", on: broker)
      #expect(try await node.announce([joined("c1"), left("c1"), left("c1"), joined("c2"), joined("c2"), left("c9")]))
      #expect(try await node.announce([joined("c2"), left("c1")]))
      // As when its answer was lost.
      #expect(try await node.repeatLast([joined("c2"), left("c1")]))
      #expect(try await node.repeatLast([joined("c7")]))
      #expect(try await node.announce([left("c2")]))
      #expect(await watch.next(4) == [joined("c1"), left("c1"), joined("c2"), left("c2")])
      #expect(try await broker.presence(in: queue).connections == 0)
    }
  }

  @Test func anAnnouncementThatDoesNotContinueIsRefused() async throws {
    try await withBroker { broker in
      let node = Node("one", on: broker)
      #expect(try await node.announce([joined("c1")]))
      node.number += 1
      #expect(try await node.announce([joined("c2")]) == false)
      #expect(try await broker.presence(in: queue).entries == [entry("c1")])
      // Under another name everything is told again, and nothing twice.
      var watch = try await PresenceWatch(broker)
      let again = Node("two", on: broker)
      #expect(try await again.announce([joined("c1"), joined("c2")]))
      #expect(await watch.next(1) == [joined("c2")])
      #expect(try await broker.bury("one") == 0)
      #expect(try await broker.presence(in: queue).entries == [entry("c1"), entry("c2")])
    }
  }

  @Test func bounds() async throws {
    try await withBroker { broker in
      let node = Node("one", on: broker)
      await #expect(throws: BrokerError.self) { try await node.announce((0...500).map { joined("c\($0)") }) }
      for name in ["", "A", "a:b", String(repeating: "a", count: 65)] {
        let announcement = PresenceAnnouncement(node: name, number: 1, changes: [])
        await #expect(throws: BrokerError.self) { try await broker.announce(announcement) }
      }
    }
  }

  @Test func whatWouldBeSeveralFieldsIsOne() async throws {
    let odd = PresenceEntry(connection: "c\t1", user: "u\n2", name: "an\tna", level: .viewer)
    let plain = PresenceEntry(connection: "c 1", user: "u 2", name: "an na", level: .viewer)
    let change = PresenceChange(queue: queue, kind: .joined, entry: odd)
    try await withBroker { broker in
      let node = Node("one", on: broker)
      #expect(try await node.announce([change]))
      let presence = try await broker.presence(in: queue)
      #expect(presence.entries == [plain])
    }
  }

  /// Two Brokers sweep: each connection of the dead node leaves once, those of the other stay.
  @Test func theConnectionsOfADeadNodeLeaveOnce() async throws {
    try await withBrokers(
      3, queues: ["a", "b"], sweepInterval: .milliseconds(50), presenceLife: .seconds(5)
    ) { brokers in
      let all = (0..<1_300).map { joined("c\($0)", in: $0 % 3 == 0 ? "b" : "a") }
      let (dead, alive) = (Node("dead", on: brokers[0]), Node("alive", on: brokers[1]))
      for start in stride(from: 0, to: all.count, by: BrokerLimits.presenceBatch) {
        #expect(try await dead.announce(Array(all[start..<min(start + BrokerLimits.presenceBatch, all.count)])))
      }
      #expect(try await alive.announce([joined("other")]))
      #expect(try await brokers[2].presence(in: queue).connections == 1 + all.count { $0.queue == queue })
      let subscription = await brokers[2].subscribe()
      let batches = subscription.batches
      let leaves = Task {
        var leaves: [PresenceChange] = []
        for await batch in batches {
          guard case .presence(let changes) = batch else { continue }
          leaves += changes.filter { $0.kind == .left }
          if leaves.count >= all.count { break }
        }
        return leaves
      }
      let isGone = try await eventually(within: .seconds(30)) {
        let isKnown = try await alive.announce([])
        let isBuried = try await brokers[0].buried("dead")
        return isKnown && isBuried
      }
      #expect(isGone)
      let entries = await leaves.value.map { joined($0.entry.connection, in: $0.queue.rawValue) }
      #expect(entries.count == all.count && Set(entries) == Set(all))
      #expect(try await brokers[1].presence(in: queue).entries == [entry("other")])
      #expect(try await brokers[1].presence(in: queueName("b")).connections == 0)
      #expect(try await brokers[0].buried("alive") == false)
      // It has only been silent: it is told that it is not known, and begins anew.
      #expect(try await dead.announce([joined("late")]) == false)
    }
  }

  /// A dead node counts as gone at once, not only when it has been swept.
  @Test func aDeadNodeIsLeftOut() async throws {
    try await withBroker(sweepInterval: .seconds(60), presenceLife: .seconds(3)) { broker in
      let node = Node("one", on: broker)
      // After the first round of the sweeper, whose next comes too late.
      #expect(await eventually { await broker.health().isConnected })
      try await Task.sleep(for: .milliseconds(100))
      #expect(try await node.announce([joined("c1")]))
      #expect(try await eventually { try await broker.presence(in: queue).connections == 0 })
      // Alive again before it was swept: nothing was told.
      #expect(try await node.announce([]))
      #expect(try await broker.presence(in: queue).entries == [entry("c1")])
    }
  }

  @Test func anEmptiedRedisAsksForEverythingAgain() async throws {
    let redis = try PrivateRedis()
    try await withBrokers(2, url: redis.url, sweepInterval: .milliseconds(50)) { brokers in
      var watch = try await PresenceWatch(brokers[1])
      let node = Node("one", on: brokers[0])
      #expect(try await node.announce([joined("c1")]))
      _ = try await brokers[0].execute(RedisCommand("FLUSHALL"), named: "flush", effect: .question)
      #expect(try await node.announce([joined("c2")]) == false)
      let again = Node("two", on: brokers[0])
      #expect(try await again.announce([joined("c1"), joined("c2")]))
      #expect(await eventually { (try? await brokers[1].presence(in: queue).connections) == 2 })
      #expect(await watch.next(3) == [joined("c1"), joined("c1"), joined("c2")])
    }
  }

  /// Large batches and pages hold up Redis for a bounded time, and a full Redis still hears who lives. What counts is the middle one of
  /// several calls: single ones are as long as the system gives the processor to somebody else.
  @Test func eachCallIsShort() async throws {
    let redis = try PrivateRedis()
    let control = try redis.control()
    try control.send("CONFIG", "SET", "slowlog-max-len", "100000")
    try await withBroker(url: redis.url) { broker in
      #expect(await eventually { await broker.health().isConnected })
      try control.send("CONFIG", "SET", "slowlog-log-slower-than", "400")
      let node = Node("one", on: broker)
      for batch in 0..<10 {
        #expect(try await node.announce((0..<500).map { joined("client-\(batch)-\($0)", user: "user-\($0 % 100)") }))
      }
      let presence = try await broker.presence(in: queue)
      #expect(presence.entries.count == 5_000 && presence.connections == 5_000 && presence.users == 100)
      for _ in 0..<2 { _ = try await broker.presence(in: queue) }
      _ = try await broker.execute(RedisCommand("CONFIG", "SET", "maxmemory", "1mb"), named: "c", effect: .question)
      #expect(try await node.announce([left("client-0-0")]))
      // Only the functions may write now.
      try control.send("CONFIG", "SET", "maxmemory", "0")
      #expect(try await control.send("ZADD", broker.keys.nodes, "1", "one") == .integer(0))
      try control.send("CONFIG", "SET", "maxmemory", "1mb")
      // The sweeper helps.
      while try await broker.buried("one") == false { _ = try await broker.bury("one") }
      #expect(try await broker.presence(in: queue).connections == 0)
      #expect(try await node.announce([]) == false)
      var times: [String: [Int64]] = [:]
      guard case .array(let entries) = try control.send("SLOWLOG", "GET", "-1") else { return }
      for entry in entries {
        guard let parts = entry.elements, parts.count > 3, case .integer(let time) = parts[2],
          let words = parts[3].elements, words.count > 1, words[0].text?.hasPrefix("FCALL") == true,
          let name = words[1].text?.split(separator: "_").last
        else { continue }
        times[String(name), default: []].append(time)
      }
      let middle = times.mapValues { $0.sorted()[$0.count / 2] }
      print("→ presence, calls in us: \(middle.sorted { $0.key < $1.key })")
      for name in ["announce", "presence", "bury"] { #expect(middle[name] ?? 0 < 50_000) }
    }
  }
}

private func entry(_ connection: String, user: String = "u1") -> PresenceEntry {
  PresenceEntry(connection: connection, user: user, name: "name of \(user)", level: .agent)
}

private func joined(_ connection: String, user: String = "u1", in queue: String = "a") -> PresenceChange {
  PresenceChange(queue: QueueName(queue)!, kind: .joined, entry: entry(connection, user: user))
}

private func left(_ connection: String, user: String = "u1", in queue: String = "a") -> PresenceChange {
  PresenceChange(queue: QueueName(queue)!, kind: .left, entry: entry(connection, user: user))
}

/// A node that announces under rising numbers.
private final class Node {
  let name: String
  let broker: BrokerActor
  var number: UInt64 = 0

  init(_ name: String, on broker: BrokerActor) {
    self.name = name
    self.broker = broker
  }

  func announce(_ changes: [PresenceChange]) async throws -> Bool {
    number += 1
    return try await repeatLast(changes)
  }

  func repeatLast(_ changes: [PresenceChange]) async throws -> Bool {
    try await broker.announce(PresenceAnnouncement(node: name, number: number, changes: changes))
  }
}

/// What a subscriber is told of presence.
private struct PresenceWatch {
  private var iterator: AsyncStream<EventBatch>.AsyncIterator
  private static let probe = "probe"

  /// Returns when the Broker reads presence: then something has come through.
  init(_ broker: BrokerActor) async throws {
    iterator = await broker.subscribe().batches.makeAsyncIterator()
    let reading = await broker.subscribe()
    let seen = Task { for await batch in reading.batches { if case .presence = batch { return } } }
    let flips = Task {
      let node = Node("probe-node", on: broker)
      while !Task.isCancelled {
        _ = try await node.announce([joined(Self.probe), left(Self.probe)])
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    await seen.value
    flips.cancel()
    _ = await flips.result
  }

  /// The next changes that are not those of the probe.
  mutating func next(_ count: Int) async -> [PresenceChange] {
    var changes: [PresenceChange] = []
    while changes.count < count, let batch = await iterator.next() {
      if case .presence(let more) = batch { changes += more.filter { $0.entry.connection != Self.probe } }
    }
    return changes
  }
}

extension BrokerActor {
  /// Whether nothing is left of the node.
  nonisolated func buried(_ node: String) async throws -> Bool {
    let score = try await execute(RedisCommand("ZSCORE", keys.nodes, node), named: "test", effect: .question)
    let number = try await execute(RedisCommand("HGET", keys.announced, node), named: "test", effect: .question)
    let own = try await execute(RedisCommand("EXISTS", keys.node(node)), named: "test", effect: .question)
    return score == .null && number == .null && own == .integer(0)
  }
}
