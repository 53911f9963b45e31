import ServiceQueue

/// What a repair found and did in one queue. Numbers alone: nothing of any service.
struct QueueRepair: Equatable {
  let queue: QueueName
  /// The queue was not there.
  var isNew = false
  /// Open services of the history that Redis has as well.
  var known = 0
  /// Those that Redis had lost, or had as they were before.
  var restored = 0
  /// Those that Redis had as if they had not ended.
  var ended = 0
  /// Those that could not be restored, by reason.
  var refused: [BrokerError.Code: Int] = [:]

  init(_ queue: QueueName) { self.queue = queue }

  mutating func count(_ outcome: RestoreOutcome) {
    switch outcome {
    case .known: known += 1
    case .restored: restored += 1
    case .ended: ended += 1
    case .refused(let error): refused[error.code, default: 0] += 1
    }
  }

  /// `front-desk: known 3, restored 2, ended 1, refused 0`, with what was refused and why.
  func line(isDryRun: Bool) -> String {
    let would = isDryRun ? "would be " : ""
    let number = refused.values.reduce(0, +)
    let reasons = refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
    let new = isNew ? " (\(isDryRun ? "would be made" : "made"))" : ""
    let why = reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))"
    return "\(queue)\(new): known \(known), \(would)restored \(restored), \(would)ended \(ended), "
      + "\(would)refused \(number)\(why)"
  }
}

/// What a repair found and did.
struct RepairReport: Equatable {
  /// By queue.
  var queues: [QueueRepair] = []
  /// Nothing was changed, only counted.
  let isDryRun: Bool

  /// True when Redis has all that the history knows, or will have it without `--dry-run`.
  var isComplete: Bool { queues.allSatisfy(\.refused.isEmpty) }

  /// For people, one line a queue and one for what to do about what was refused.
  var lines: [String] {
    guard !queues.isEmpty else { return ["nothing to repair: no queue in Redis, no open service in the history"] }
    var lines = queues.map { $0.line(isDryRun: isDryRun) }
    for code in Set(queues.flatMap(\.refused.keys)).sorted(by: { $0.rawValue < $1.rawValue }) {
      lines.append("\(code.rawValue): \(Self.advice(code))")
    }
    return lines
  }

  private static func advice(_ code: BrokerError.Code) -> String {
    switch code {
    case .badTarget:
      "Redis has these services in another queue than the history; remove them there, then repeat the repair"
    case .overloaded:
      "too many sets of required skills in the queue; let some of its services end, then repeat the repair"
    case .unknownQueue: "the queue was deleted meanwhile; repeat the repair"
    case .notFound, .queueEmpty, .illegalTransition, .staleFence, .notOwner, .versionMismatch, .idempotencyKeyReused,
      .invalidArgument, .queuePaused, .queueDraining, .atCapacity, .missingSkill, .reinstateExpired, .unavailable,
      .outcomeUnknown, .internal:
      "not expected here; repeat the repair, and report it if it stays"
    }
  }
}
