import RedisBroker
import ServiceQueue
import Testing

@testable import RedisBroker

/// Twelve clients on three Brokers of one site, with two observers, while Redis is disturbed; everything is recorded.
struct HistoryRun {
  let seed: UInt64
  let duration: Duration
  /// What happens to Redis meanwhile.
  var kinds = Disturbance.allCases
  var libraries: [FunctionLibrary] = [.builtIn]
  private(set) var history = History()
  private(set) var disturbances: [Disturbance: Int] = [:]

  init(
    seed: UInt64, duration: Duration, kinds: [Disturbance] = Disturbance.allCases,
    libraries: [FunctionLibrary] = [.builtIn]
  ) {
    self.seed = seed
    self.duration = duration
    self.kinds = kinds
    self.libraries = libraries
  }

  mutating func run(on redis: PrivateRedis) async throws {
    let policy = try #require(
      QueuePolicy(lease: Client.lease, hold: HoldDuration(milliseconds: 5_000), mostAttempts: 3, capacity: 4))
    let recorder = Recorder()
    var history = History()
    history.capacity = policy.capacity
    try await withBrokers(
      3, url: redis.url, queues: Client.queues.map(\.rawValue), eventHistory: 1_000_000,
      commandTimeout: .milliseconds(700), sweepInterval: .milliseconds(100), policy: policy, libraries: libraries
    ) { brokers in
      for broker in brokers { #expect(await eventually { await broker.health().isConnected }) }
      let watchers = [Watcher("first", on: brokers[0]), Watcher("second", on: brokers[1])]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for watcher in watchers { group.addTask { await watcher.run(Client.queues) } }
        disturbances = try await work(redis, brokers, recorder)
        history.operations = recorder.operations
        try await collect(&history, brokers[2], watchers)
        group.cancelAll()
      }
    }
    self.history = history
  }

  private func work(
    _ redis: PrivateRedis, _ brokers: [BrokerActor], _ recorder: Recorder
  ) async throws -> [Disturbance: Int] {
    let board = Board()
    var random = SeededRandom(seed: seed)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for principal in Client.crew {
        var client = Client(principal, brokers, recorder, board, seed: random.next())
        group.addTask {
          switch principal.level {
          case .producer: await client.runSubmitter()
          case .supervisor: await client.runSupervisor()
          case .agent, .viewer, .admin: await client.runAgent()
          }
        }
      }
      defer { board.close() }
      return try await Disturbance.disturb(redis, by: kinds, until: .now + duration, &random)
    }
  }

  /// When Redis answers again and all is quiet: what is due yet changes something, too.
  private func collect(_ history: inout History, _ broker: BrokerActor, _ watchers: [Watcher]) async throws {
    let ids = history.operations.compactMap { if case .submit(let item) = $0.action { item.id } else { nil } }
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      // Not while it is being started again.
      if let final = try? await FinalState.read(from: broker, queues: Client.queues, ids: Array(Set(ids))) {
        history.final = final
        history.observers = watchers.map(\.observer)
        let versions = final.queues.map { ($0.summary.queue, $0.summary.version) }
        if watchers.allSatisfy({ watcher in versions.allSatisfy { watcher.version(of: $0) == $1 } }) { return }
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}

extension HistoryRun: CustomStringConvertible {
  /// What happened, in numbers.
  var description: String {
    var refusals: [String: Int] = [:]
    var acknowledged = 0
    var unknown = 0
    for operation in history.operations {
      switch operation.outcome {
      case .refused(let error): refusals[error.code.rawValue, default: 0] += 1
      case .unknown: unknown += 1
      case .stored, .duplicate, .done, .changed: acknowledged += 1
      }
    }
    var types: [String: Int] = [:]
    for event in history.final.streams.values.joined() { types[event.change.type, default: 0] += 1 }
    func list(_ counts: [String: Int]) -> String {
      counts.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }.joined(separator: ", ")
    }
    return """
      seed \(seed): \(history.operations.count) operations: \(acknowledged) acknowledged, \(unknown) unknown, \
      \(refusals.values.reduce(0, +)) refused (\(list(refusals))); \
      \(list(Dictionary(uniqueKeysWithValues: disturbances.map { ("\($0.key)", $0.value) })))
      → \(types.values.reduce(0, +)) events: \(list(types)); \(resets) resets
      """
  }

  private var resets: [Int] {
    history.observers.map { $0.items.count { if case .reset = $0 { true } else { false } } }
  }
}
