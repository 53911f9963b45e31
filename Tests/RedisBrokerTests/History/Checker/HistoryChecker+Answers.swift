import ServiceQueue

/// Holds what clients were told against the events: each acknowledged change is one event, and each event of a client is a change
/// that it asked for and was not refused.
extension HistoryChecker {
  mutating func checkAnswers() {
    var attempts = Attempts(history.operations)
    for operation in history.operations { checkAnswer(of: operation, &attempts) }
    for (place, event) in log.all { checkCause(of: event, place, &attempts) }
    checkCompletions()
  }

  private mutating func checkAnswer(of operation: Operation, _ attempts: inout Attempts) {
    switch operation.outcome {
    case .stored(let service, let version):
      explain(operation, service.queue, version, &attempts) {
        if case .added(service, from: nil) = $0.change { true } else { false }
      }
    case .done(let answer):
      // It changed nothing.
      if case .renew? = operation.request?.command { return }
      explain(operation, answer.service.queue, answer.queueVersion, &attempts) { event in
        guard operation.request?.command.makes(event.change) == true else { return false }
        return event.change.service == answer.service
      }
    case .changed(let answer):
      guard case .changeMode(let request) = operation.action else { return }
      explain(operation, request.queue, answer.queueVersion, &attempts, orElse: true) {
        if case .mode(answer.mode) = $0.change { true } else { false }
      }
    case .duplicate, .refused, .unknown: break
    }
  }

  /// `orElse`: it may also have changed nothing.
  private mutating func explain(
    _ operation: Operation, _ queue: QueueName, _ version: QueueVersion, _ attempts: inout Attempts,
    orElse mayBeNothing: Bool = false, by isIt: (QueueEvent) -> Bool
  ) {
    let event = log.at(queue, version).first { $0.actor == operation.actorName && isIt($0) }
    guard let event else {
      if !mayBeNothing {
        report(.answerUnexplained, "\(operation.name) by \(operation.actorName) told version \(version) of \(queue)")
      }
      return
    }
    if !attempts.claim(EventLog.Place(event), for: operation), !mayBeNothing {
      report(.answerUnexplained, "version \(version) of \(queue) was told to \(operation.name) and to another call")
    }
  }

  /// Whether someone asked for the event and was not told that nothing happened.
  private mutating func checkCause(of event: QueueEvent, _ place: EventLog.Place, _ attempts: inout Attempts) {
    guard event.actor != "system", !attempts.isClaimed(place) else { return }
    // Told by the answer of the call that moved a service here, or not at all when there was no room for it yet.
    if case .renumbered = event.change { return }
    switch attempts.cause(of: event) {
    case .open: break
    case .acknowledged:
      report(.duplicated, "\(place): \(event.change.type) by \(event.actor) happened once more than it was told")
    case .refused:
      report(.refusedYetHappened, "\(place): \(event.change.type) by \(event.actor), who was told that it did not")
    case .nobody:
      report(.refusedYetHappened, "\(place): \(event.change.type) by \(event.actor), who did not ask for it")
    }
  }

  private mutating func checkCompletions() {
    var by: [ServiceID: String] = [:]
    for operation in history.operations {
      guard case .done(let answer) = operation.outcome, case .complete? = operation.request?.command else { continue }
      if let other = by.updateValue(operation.actorName, forKey: answer.service.id), other != operation.actorName {
        report(.doublyClaimed, "\(answer.service.id) was completed by \(other) and by \(operation.actorName)")
      }
    }
  }
}

/// The calls of all clients, those under one key together: they are one change at most.
private struct Attempts {
  enum Cause {
    /// A call of unknown outcome.
    case open
    /// A call whose own event is another one.
    case acknowledged
    case refused
    case nobody
  }

  private final class Group {
    let operation: Operation
    /// Of a submission: each may name another id.
    var attempts: [Operation]
    /// What an answer told; a change of another service is not this call's.
    var told: ServiceID?
    var isAcknowledged = false
    /// ToldVersions with the version that it made; a duplicate is told without one.
    var isExplained = false
    var isRefused = false
    var isUnknown = false
    var places: Set<EventLog.Place> = []

    init(_ operation: Operation) {
      self.operation = operation
      attempts = [operation]
    }

    func acknowledge(_ id: ServiceID?, isExplained: Bool) {
      isAcknowledged = true
      if isExplained { self.isExplained = true }
      told = id
    }

    func canCause(_ event: QueueEvent) -> Bool {
      attempts.contains { $0.canCause(event) } && told.map { $0 == event.change.service?.id } ?? true
    }
  }

  private var groups: [Group] = []
  private var byKey: [String: Group] = [:]
  private var byActor: [String: [Group]] = [:]
  /// Of calls without a key, by their place among all calls.
  private var claims: [EventLog.Place: String] = [:]
  private var count = 0

  init(_ operations: [Operation]) {
    for operation in operations {
      let group: Group
      if let key = operation.key, let known = byKey[key], known.operation.name == operation.name {
        group = known
        if case .submit = operation.action { group.attempts.append(operation) }
      } else {
        group = Group(operation)
        if let key = operation.key, byKey[key] == nil { byKey[key] = group }
        byActor[operation.actorName, default: []].append(group)
      }
      switch operation.outcome {
      case .stored(let service, _): group.acknowledge(service.id, isExplained: true)
      case .duplicate(let id): group.acknowledge(id, isExplained: false)
      case .done(let answer): group.acknowledge(answer.service.id, isExplained: true)
      case .changed: group.acknowledge(nil, isExplained: true)
      case .unknown: group.isUnknown = true
      case .refused(let error): if operation.isRefusedForGood(error) { group.isRefused = true }
      }
    }
  }

  /// Notes that the event is this call's; false when it is another call's already.
  mutating func claim(_ place: EventLog.Place, for operation: Operation) -> Bool {
    count += 1
    let owner = operation.key ?? "call \(count)"
    if let known = claims[place] { return known == owner }
    claims[place] = owner
    return true
  }

  func isClaimed(_ place: EventLog.Place) -> Bool { claims[place] != nil }

  /// Why an event that no answer tells of is there. A call explains one event, a transfer one in each queue.
  mutating func cause(of event: QueueEvent) -> Cause {
    let able = (byActor[event.actor] ?? []).filter { $0.canCause(event) }
    for group in able {
      if case .transferred = event.change, group.isAcknowledged, group.places.isEmpty {
        group.places.insert(EventLog.Place(event))
        return .open
      }
      guard group.isUnknown || group.isAcknowledged, !group.isExplained, !group.isRefused else { continue }
      let most = group.operation.isTransfer ? 2 : 1
      if group.places.count < most {
        group.places.insert(EventLog.Place(event))
        return .open
      }
    }
    if able.contains(where: \.isAcknowledged) { return .acknowledged }
    // Where the first attempt was refused for the moment and the later ones never came through.
    return able.isEmpty ? .nobody : .refused
  }
}

extension EventLog {
  /// Every event with its place, in the order of the streams.
  var all: [(Place, QueueEvent)] {
    events.values.flatMap { $0.sorted { $0.key < $1.key }.map { (Place($0.value), $0.value) } }
  }

  /// The events of that version, in whichever epoch.
  func at(_ queue: QueueName, _ version: QueueVersion) -> [QueueEvent] {
    events.filter { $0.key.queue == queue }.compactMap { $0.value[version] }
  }
}

extension Operation {
  /// True when another attempt under the same key cannot make it happen: Redis keeps the refusals of commands, not of submissions.
  fileprivate func isRefusedForGood(_ error: BrokerError) -> Bool {
    if case .submit = action { return false }
    if key == nil { return true }
    return switch error.code {
    case .unknownQueue, .overloaded, .unavailable, .idempotencyKeyReused, .outcomeUnknown, .internal: false
    default: true
    }
  }

  fileprivate var isTransfer: Bool {
    if case .transfer? = request?.command { true } else { false }
  }

  /// Whether the event is what the call asks for.
  fileprivate func canCause(_ event: QueueEvent) -> Bool {
    switch action {
    case .submit(let item):
      if case .added(let service, from: nil) = event.change { service.id == item.id } else { false }
    case .changeMode(let request):
      if case .mode(request.mode) = event.change { request.queue == event.queue } else { false }
    case .perform(let request):
      if case .claimNext(let queue, _) = request.command {
        queue == event.queue && request.command.makes(event.change)
      } else {
        request.command.service?.id == event.change.service?.id && request.command.makes(event.change)
      }
    }
  }
}

extension Command {
  /// Whether a change is of the kind that the command makes.
  fileprivate func makes(_ change: QueueEvent.Change) -> Bool {
    switch (self, change) {
    case (.claim, .claimed), (.claimNext, .claimed), (.assign, .claimed), (.start, .started), (.hold, .held),
      (.resume, .resumed),
      (.release, .returned(_, .released)), (.release, .dead(_, .released)), (.complete, .completed),
      (.noShow, .noShow), (.reinstate, .returned(_, .reinstated)), (.move, .moved),
      (.reprioritise, .updated(_, .reprioritised)), (.transfer, .added(_, .some)), (.transfer, .transferred),
      (.remove, .removed):
      true
    default: false
    }
  }
}
