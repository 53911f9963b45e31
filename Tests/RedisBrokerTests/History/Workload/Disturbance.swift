/// What happens to Redis while clients work.
enum Disturbance: CaseIterable {
  /// Ended as by a power cut, and started again.
  case kill
  /// Stopped for shorter or longer than a call may take.
  case freeze
  /// Every connection is cut.
  case cut

  /// One after another, each of `kinds` as often as the others, until `end`. Answers how often each happened.
  static func disturb(
    _ redis: PrivateRedis, by kinds: [Disturbance], until end: ContinuousClock.Instant, _ random: inout SeededRandom
  ) async throws -> [Disturbance: Int] {
    var counts: [Disturbance: Int] = [:]
    var plan: [Disturbance] = []
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(300 + random.below(600)))
      if plan.isEmpty { plan = kinds.shuffled(using: &random) }
      let next = plan.removeLast()
      counts[next, default: 0] += 1
      switch next {
      case .kill:
        redis.kill()
        try await Task.sleep(for: .milliseconds(random.below(200)))
        try redis.start()
      case .freeze:
        redis.freeze()
        try await Task.sleep(for: .milliseconds(random.chance(50) ? 1_100 : 100 + random.below(400)))
        redis.thaw()
      case .cut:
        try redis.control().send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      }
    }
    return counts
  }
}
