import Foundation
import RedisBroker
import ServiceQueue
import Testing

/// The functions in Redis against their specification, `SiteModel`: random sequences of everything that can be asked for, with every
/// answer, list, digest, count, position, statistic, event and outbox entry compared.
///
/// 200,000 commands, always the same ones. For others, or for more:
///
///     USHER_PROPERTY_COMMANDS=10000000 USHER_PROPERTY_SEED=7 swift test --filter PropertyTests
///
/// The seed of each sequence that fails is printed, with the shortest sequence found that still fails.
@Suite struct PropertyTests {
  private static let commands = number("USHER_PROPERTY_COMMANDS") ?? 200_000
  /// Of the first sequence.
  static let seed = UInt64(number("USHER_PROPERTY_SEED") ?? 1)

  private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

  @Test func redisDoesWhatTheModelSays() async throws {
    let redis = try PrivateRedis(["appendonly no"])
    defer { redis.kill() }
    let port = redis.port
    let began = ContinuousClock.now
    let done = try await withThrowingTaskGroup(of: Int.self) { group in
      for (number, policy) in Cast.policies.enumerated() {
        group.addTask {
          var series = SequenceSeries(seed: Self.seed &+ UInt64(number))
          try await series.run(
            Self.commands / Cast.policies.count, redisPort: port, database: number, policy: policy,
            failed: { await Self.report($0, on: $1) })
          return series.commands
        }
      }
      return try await group.reduce(0, +)
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    print("\(done) commands from seed \(Self.seed) on, \(Int(Double(done) / seconds)) a second")
  }

  private static func report(_ failure: SequenceSeries.Failure, on rig: ModelRig) async {
    let (actions, difference) = await Shrinking.shortest(failure, on: rig, within: .seconds(20))
    let lines = actions.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n")
    Issue.record("seed \(failure.seed), clock from \(failure.start), \(rig.policy):\n\(lines)\n\(difference)")
  }
}
