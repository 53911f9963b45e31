import ServiceQueue

@testable import RedisBroker

/// The time as the functions see it, so that a test need not wait.
struct TestClock {
  let broker: BrokerActor
  private let key: String
  private(set) var now: Int64 = 1_790_000_000_000

  /// Gives the body a Broker whose functions take the time from a key. It does nothing by itself but when it starts.
  static func with(
    queues: [String] = ["a"], policy: QueuePolicy = .standard,
    _ body: (BrokerActor, inout TestClock) async throws -> Void
  ) async throws {
    let site = unique("t")
    let key = KeySpace(site: site).prefix + "clock"
    let text = String(decoding: PackageResources.usher_lua, as: UTF8.self)
      .replacing("redis.call('TIME')", with: "redis.call('HMGET', '\(key)', 's', 'us')")
    try await withBroker(
      site: site, queues: queues, sweepInterval: .seconds(60), policy: policy,
      library: FunctionLibrary(template: Array(text.utf8))
    ) { broker in
      var clock = TestClock(broker: broker, key: key)
      try await clock.advance(0)
      try await body(broker, &clock)
    }
  }

  /// So many milliseconds later.
  mutating func advance(_ milliseconds: Int64) async throws {
    now += milliseconds
    let command = RedisCommand("HSET", key, "s", String(now / 1_000), "us", String(now % 1_000 * 1_000))
    _ = try await broker.execute(command, named: "clock", effect: .change)
  }

  /// The moment so many milliseconds later.
  func after(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: now + milliseconds) }
}
