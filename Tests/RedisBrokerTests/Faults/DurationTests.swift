import ServiceQueue
import Testing

@testable import RedisBroker

@Suite(.timeLimit(.minutes(1))) struct DurationTests {
  /// Each function's work is bounded, however many services there are: 20 ms of the server's processor, some times what it takes, for slow
  /// machines. Not by the clock, since others use the machine as well; and the middle one of several calls, since what others leave in the
  /// processor's caches counts too.
  private static let most = 0.020

  @Test func noFunctionTakesLongInALongQueue() async throws {
    let redis = try PrivateRedis(["appendonly no"])
    try await withBroker(url: redis.url, commandTimeout: .seconds(20), sweepInterval: .seconds(60)) { broker in
      let skills = try (0..<60).map { try #require(SkillSet(["s\($0)", "german"], most: 8)) }
      var submitter = Submitter()
      var all: [Service] = []
      for batch in 0..<20 {
        let submissions = try (0..<500).map {
          try submitter.make(personal: sealed(), requires: $0 % 3 == 0 ? skills[batch] : .none)
        }
        for case .stored(let service, _) in try await broker.submit(submissions) { all.append(service) }
      }
      let queue = all[0].queue
      let carla = Principal(
        id: "c", name: "c", level: .agent, skills: try #require(SkillSet(skills.flatMap(\.words), most: 64)))
      var times: [String: [Double]] = [:]
      func measure(_ name: String, _ body: () async throws -> Void) async throws {
        let before = try await processorTime(broker)
        try await body()
        times[name, default: []].append(try await processorTime(broker) - before)
      }
      for turn in 0..<20 {
        try await measure("submit") {
          _ = try await broker.submit(
            (0..<50).map { _ in try submitter.make(personal: sealed(), requires: skills[turn]) })
        }
        try await measure("claim_next") { _ = try await broker.perform(.claimNext(queue, lease: nil), carla) }
        try await measure("position") { _ = try await broker.position(of: all[9_000 + turn].id) }
        try await measure("move") {
          _ = try await broker.perform(.move(all[1_000 + turn].ref, to: .after(all[5_000].id)), sue)
        }
        try await measure("list of a state") {
          _ = try await broker.part(of: queue, after: nil, states: [.onHold], room: PageRoom(limit: 100))
        }
        try await measure("list") {
          _ = try await broker.part(of: queue, after: nil, room: PageRoom(limit: 5_000))
        }
        try await measure("events") {
          _ = try await broker.eventPart(of: queue, epoch: nil, after: 5_000, room: PageRoom(limit: 1_000))
        }
        try await measure("last") { _ = try await broker.perform(.move(all[100 + turn].ref, to: .last), sue) }
      }
      try await closeUp(all, around: 7_000, broker)
      let before = try await broker.queue(queue).version
      try await measure("renumber") {
        _ = try await broker.perform(.move(all[200].ref, to: .after(all[7_000].id)), sue)
      }
      try await expectLargeRenumbering(of: queue, after: before, broker)
      for (name, seconds) in times { #expect(seconds.sorted()[seconds.count / 2] < Self.most, "\(name)") }
    }
  }

  /// No two are alike: among texts that differ in little Lua is slow.
  private func sealed() -> SealedPersonalData {
    var random = SystemRandomNumberGenerator()
    func bytes(_ words: Int) -> [UInt8] {
      (0..<words).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }
    return SealedPersonalData(wrappedKey: bytes(9), ciphertext: bytes(28))
  }

  /// Leaves room for the largest windows alone.
  private func closeUp(_ all: [Service], around place: Int, _ broker: BrokerActor) async throws {
    // Only the scores count for how much room there is.
    var command = RedisCommand("ZADD", KeySpace(site: broker.configuration.site).key(.live, of: all[0].queue))
    for offset in -150..<150 {
      command.append(all[place].order.ticks + Int64(offset))
      command.append(all[place + offset].id.rawValue)
    }
    _ = try await broker.execute(command, named: "close_up", effect: .change)
  }

  private func expectLargeRenumbering(
    of queue: QueueName, after version: QueueVersion, _ broker: BrokerActor
  ) async throws {
    guard case .events(let events, _, _) = try await broker.events(of: queue, epoch: nil, after: version, limit: 2),
      case .renumbered(let list)? = events.first?.change
    else {
      Issue.record("not renumbered")
      return
    }
    #expect(list.count > 256)
  }

  /// Seconds of the server's main thread.
  private func processorTime(_ broker: BrokerActor) async throws -> Double {
    let answer = try await broker.execute(RedisCommand("INFO", "cpu"), named: "info", effect: .question)
    return (answer.text ?? "").split(whereSeparator: \.isNewline).reduce(0) { sum, line in
      let parts = line.split(separator: ":")
      guard parts.count == 2, parts[0].hasSuffix("_main_thread") else { return sum }
      return sum + (Double(parts[1]) ?? 0)
    }
  }
}
