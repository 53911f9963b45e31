import ServiceQueue
import Testing

@testable import RedisBroker

/// Two readers of one outbox: each gets everything, and none waits for the other.
@Suite struct OutboxReaderTests {
  private static let most = BrokerLimits.outbox

  private func versions(_ broker: BrokerActor, _ reader: OutboxReader) async throws -> [QueueVersion] {
    try await broker.outbox(for: reader, after: nil, limit: Self.most, wait: .zero).map(\.event.version)
  }

  /// Acknowledges the oldest so many.
  private func acknowledge(_ count: Int, _ broker: BrokerActor, _ reader: OutboxReader) async throws {
    let entries = try await broker.outbox(for: reader, after: nil, limit: count, wait: .zero)
    try await broker.acknowledgeOutbox(entries.map(\.id), for: reader)
  }

  @Test func eventsBeginWithTheEnrolment() async throws {
    try await withBroker { broker in
      _ = try await broker.store(3)
      #expect(try await versions(broker, .events) == [])
      _ = try await broker.store(2)
      #expect(try await versions(broker, .events) == [4, 5])
      #expect(try await versions(broker, .history) == [1, 2, 3, 4, 5])
    }
  }

  @Test func neitherWaitsForTheOther() async throws {
    try await withBroker { broker in
      #expect(try await versions(broker, .events) == [])
      _ = try await broker.store(6)
      try await acknowledge(4, broker, .history)
      #expect(try await versions(broker, .history) == [5, 6])
      #expect(try await versions(broker, .events) == [1, 2, 3, 4, 5, 6])
      try await acknowledge(5, broker, .events)
      #expect(try await versions(broker, .events) == [6])
      try await acknowledge(9, broker, .events)
      #expect(try await versions(broker, .history) == [5, 6])
      try await acknowledge(9, broker, .history)
      for reader in OutboxReader.allCases { #expect(try await versions(broker, reader) == []) }
      #expect(
        try await broker.execute(RedisCommand("XLEN", broker.keys.outbox), named: "x", effect: .question) == .integer(0)
      )
      #expect(
        try await broker.execute(RedisCommand("ZCARD", broker.keys.kept), named: "x", effect: .question) == .integer(0))
    }
  }

  /// The history skips what it refuses; the order of what is published does not depend on that.
  @Test func theOrderIsThatOfTheChanges() async throws {
    try await withBroker { broker in
      _ = try await versions(broker, .events)
      _ = try await broker.store(30)
      let all = try await broker.outbox(for: .history, after: nil, limit: Self.most, wait: .zero)
      try await broker.acknowledgeOutbox(all.filter { $0.event.version % 3 != 0 }.map(\.id), for: .history)
      #expect(try await versions(broker, .events) == Array(1...30))
      var read: [QueueVersion] = []
      while let page = try? await broker.outbox(for: .events, after: nil, limit: 7, wait: .zero), !page.isEmpty {
        read += page.map(\.event.version)
        try await broker.acknowledgeOutbox(page.map(\.id), for: .events)
      }
      #expect(read == Array(1...30))
    }
  }

  @Test func nothingAboutPersonsIsReadOrKept() async throws {
    try await withBroker { broker in
      _ = try await versions(broker, .events)
      var submitter = Submitter()
      let service = try await broker.store(
        try submitter.make(
          personal: SealedPersonalData(wrappedKey: Array("WRAPPED-KEY".utf8), ciphertext: Array("CIPHER".utf8))))
      _ = try await broker.perform(.claim(service.ref, lease: nil))
      for isKept in [false, true] {
        let entries = try await broker.outbox(for: .events, after: nil, limit: Self.most, wait: .zero)
        #expect(entries.map(\.event.change.type) == ["service.added", "service.claimed"])
        for event in entries.map(\.event) {
          let told = try #require(event.change.service)
          #expect(event.actor == "" && told.assignee == nil && told.submitter == "" && told.personal == nil)
          #expect(told.id == service.id && told.kind == service.kind)
        }
        if !isKept { try await acknowledge(2, broker, .history) }
      }
      let kept = try await broker.execute(
        RedisCommand("ZRANGE", broker.keys.kept, "0", "-1"), named: "x", effect: .question)
      let lines = (kept.elements ?? []).compactMap(\.text)
      #expect(lines.count == 2)
      for line in lines { for word in ["WRAPPED-KEY", "CIPHER", anna.name] { #expect(!line.contains(word)) } }
    }
  }

  @Test func aReadWaitsForNews() async throws {
    try await withBroker { broker in
      #expect(try await broker.outbox(for: .events, after: nil, limit: 10, wait: .milliseconds(50)).isEmpty)
      async let events = broker.outbox(for: .events, after: nil, limit: 10, wait: .seconds(10))
      async let history = broker.outbox(for: .history, after: nil, limit: 10, wait: .seconds(10))
      try await Task.sleep(for: .milliseconds(100))
      _ = try await broker.store(1)
      #expect(try await events.map(\.event.version) == [1])
      #expect(try await history.map(\.event.version) == [1])
    }
  }

  @Test func nothingIsKeptWhereNobodyReads() async throws {
    try await withBroker { broker in
      #expect(try await !broker.dismissEventsReader(idleFor: .zero))
      _ = try await versions(broker, .events)
      _ = try await broker.store(3)
      try await acknowledge(3, broker, .history)
      // Somebody has read within the minute.
      #expect(try await !broker.dismissEventsReader(idleFor: .seconds(60)))
      #expect(try await versions(broker, .events) == [1, 2, 3])
      #expect(try await broker.dismissEventsReader(idleFor: .zero))
      _ = try await broker.store(2)
      try await acknowledge(2, broker, .history)
      #expect(
        try await broker.execute(
          RedisCommand("EXISTS", broker.keys.kept, broker.keys.readers), named: "x", effect: .question) == .integer(0))
      // Whoever reads again begins anew.
      #expect(try await versions(broker, .events) == [])
    }
  }

  /// What has been acknowledged is taken out of the stream's blocks, and ids go on behind it all the same.
  @Test func idsGoOnAfterTheLogWasWrittenAnew() async throws {
    try await withBroker { broker in
      _ = try await versions(broker, .events)
      for round in 0..<5 {
        _ = try await broker.store(3)
        try await acknowledge(3, broker, .history)
        try await acknowledge(3, broker, .events)
        _ = try await broker.rewriteLog()
        _ = try await broker.store(1)
        #expect(try await versions(broker, .events) == [QueueVersion(4 * round + 4)])
        try await acknowledge(1, broker, .history)
        try await acknowledge(1, broker, .events)
      }
    }
  }

  /// Both can be read and acknowledged when it is the outbox that fills Redis.
  @Test func worksWhileRedisIsFull() async throws {
    let redis = try PrivateRedis()
    try await withBroker(url: redis.url) { broker in
      _ = try await versions(broker, .events)
      _ = try await broker.store(10)
      try redis.control().send("CONFIG", "SET", "maxmemory", "1")
      #expect(try await versions(broker, .events).count == 10)
      try await acknowledge(10, broker, .history)
      #expect(try await versions(broker, .events).count == 10)
      try await acknowledge(10, broker, .events)
      #expect(try await versions(broker, .events).isEmpty)
    }
  }
}
