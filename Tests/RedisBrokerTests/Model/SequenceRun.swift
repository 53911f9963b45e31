import RedisBroker
import ServiceQueue

/// Where the Broker and the model are not of one mind.
struct Difference: Error, CustomStringConvertible {
  /// The number of the last action that matters.
  let place: Int
  let description: String
}

/// One run of a sequence of actions against the model and a Broker.
///
/// The actions depend on the model alone, so that many are sent at one time, in order, and compared afterwards.
struct SequenceRun {
  private let rig: ModelRig
  private var side: ModelSide
  private var pending: [(place: Int, resolved: ResolvedAction, expected: Answer)] = []
  private var comparison = StateComparison()
  private(set) var actions: [Action] = []
  private(set) var commands = 0

  private static let mostPending = 100
  private static let actionsBetweenComparisons = 600

  init(on rig: ModelRig, start: Int64) async throws {
    self.rig = rig
    side = ModelSide(policy: rig.policy, start: start, epochs: try await rig.begin(at: start))
  }

  /// Runs a new sequence of at least so many commands.
  mutating func run(_ generator: inout ActionGenerator, commands most: Int) async throws {
    while commands < most { try await take(generator.next(side.model)) }
    try await finish()
  }

  /// Runs a given sequence.
  mutating func run(_ actions: [Action]) async throws {
    for action in actions { try await take(action) }
    try await finish()
  }

  private mutating func take(_ action: Action) async throws {
    let place = actions.count
    actions.append(action)
    commands += action.weight
    let resolved = side.resolve(action)
    if resolved.isAlone {
      try await flush()
      try await runAlone(resolved, at: place)
    } else {
      pending.append((place, resolved, side.apply(resolved)))
      if pending.count >= Self.mostPending { try await flush() }
    }
    if actions.count % Self.actionsBetweenComparisons == 0 { try await compareState() }
  }

  private mutating func finish() async throws {
    try await compareState()
  }

  private mutating func runAlone(_ resolved: ResolvedAction, at place: Int) async throws {
    let answer = await rig.send(resolved)
    var newEpoch: Epoch?
    if case .assure(let queue, _, _) = resolved, answer == .assured(.success(true)) {
      newEpoch = try await rig.broker.queue(queue).epoch
      comparison.begin(queue, at: side.model.summaries.first { $0.queue == queue }?.version ?? 0)
    }
    try compare(answer, with: side.apply(resolved, newEpoch: newEpoch), of: resolved, at: place)
  }

  /// Sends what is pending, in order: all of it runs on the Broker's own executor, which takes first what came first.
  private mutating func flush() async throws {
    guard !pending.isEmpty else { return }
    let batch = pending
    pending = []
    let rig = rig
    let answers = await withTaskExecutorPreference(rig.broker.reactor) {
      await withTaskGroup(of: (Int, Answer).self) { group in
        for (index, entry) in batch.enumerated() {
          group.addTask { (index, await rig.send(entry.resolved)) }
        }
        var answers = [Answer?](repeating: nil, count: batch.count)
        for await (index, answer) in group { answers[index] = answer }
        return answers
      }
    }
    for (entry, answer) in zip(batch, answers) {
      try compare(answer ?? .nothing, with: entry.expected, of: entry.resolved, at: entry.place)
    }
  }

  private func compare(_ answer: Answer, with expected: Answer, of resolved: ResolvedAction, at place: Int) throws {
    guard answer != expected else { return }
    throw Difference(
      place: place,
      description: "\(actions[place])\n  as \(resolved)\n  Redis: \(answer)\n  model: \(expected)"
        .replacing("ServiceQueue.", with: ""))
  }

  private mutating func compareState() async throws {
    try await flush()
    if let difference = try await comparison.difference(side.model, rig.broker, at: side.now) {
      throw Difference(place: actions.count - 1, description: "after all of this, " + difference)
    }
  }
}
