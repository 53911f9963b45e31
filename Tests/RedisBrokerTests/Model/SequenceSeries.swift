import RedisBroker
import ServiceQueue

/// Sequences one after another, in one database, until one shows a difference.
struct SequenceSeries: Sendable {
  /// Of the next sequence.
  private(set) var seed: UInt64
  private(set) var commands = 0
  private(set) var hasFailed = false

  /// How the seeds of two sequences differ: so many series can run beside each other.
  static let step: UInt64 = 2
  /// Commands in one sequence.
  private static let length = 2_500
  /// Before the Broker's own sweep, which would be a difference, too.
  private static let rigLife = Duration.seconds(20)

  /// A sequence that showed a difference.
  struct Failure {
    let seed: UInt64
    let start: Int64
    let actions: [Action]
    let difference: Difference
  }

  init(seed: UInt64) { self.seed = seed }

  /// Runs until there were `most` commands or a difference.
  ///
  /// - Parameter failed: Is told of the difference, while the rig is still there.
  mutating func run(
    _ most: Int, redisPort port: Int, database: Int, policy: QueuePolicy,
    mutate: (String) throws -> String = { $0 },
    failed: @Sendable (Failure, ModelRig) async -> Void = { _, _ in }
  ) async throws {
    while commands < most, !hasFailed {
      self = try await ModelRig.with(redisPort: port, database: database, policy: policy, mutate: mutate) {
        [self] rig in
        var series = self
        let end = ContinuousClock.now + Self.rigLife
        while series.commands < most, !series.hasFailed, ContinuousClock.now < end {
          if let failure = try await series.runOne(on: rig) { await failed(failure, rig) }
        }
        return series
      }
    }
  }

  private mutating func runOne(on rig: ModelRig) async throws -> Failure? {
    var generator = ActionGenerator(seed: seed)
    let start = generator.start
    var run = try await SequenceRun(on: rig, start: start)
    do {
      try await run.run(&generator, commands: Self.length)
    } catch let difference as Difference {
      hasFailed = true
      commands += run.commands
      return Failure(seed: seed, start: start, actions: run.actions, difference: difference)
    }
    commands += run.commands
    seed &+= Self.step
    return nil
  }
}
