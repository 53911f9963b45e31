import Foundation
import RedisBroker
import Testing

/// Whether the property tests would notice: each of these changes of the functions' text must show a difference from the model
/// within so many commands. The sequences are those of `PropertyTests`, which show none where nothing is changed.
@Suite struct MutationTests {
  private static let mostCommands = 60_000

  @Test func everyMutantIsFound() async throws {
    let redis = try PrivateRedis(["appendonly no"])
    defer { redis.kill() }
    let port = redis.port
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<2 {
        group.addTask {
          for index in stride(from: worker, to: Mutation.all.count, by: 2) {
            try await Self.find(Mutation.all[index], redisPort: port, database: worker)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func find(_ mutation: Mutation, redisPort port: Int, database: Int) async throws {
    var series = SequenceSeries(seed: PropertyTests.seed)
    try await series.run(
      mostCommands, redisPort: port, database: database, policy: Cast.policies[0], mutate: mutation.applied)
    #expect(series.hasFailed, "\(mutation.name): no difference in \(series.commands) commands")
    if series.hasFailed { print("\(mutation.name): found within \(series.commands) commands") }
  }
}
