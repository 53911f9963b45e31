import ServiceQueue

/// Goes through every stream from its beginning and asks at each event whether it was allowed then.
extension HistoryChecker {
  mutating func checkStreams() {
    let acknowledged = ToldVersions(history.operations)
    var births: [ServiceID: EventLog.Place] = [:]
    var completions: [ServiceID: EventLog.Place] = [:]
    let final = Dictionary(uniqueKeysWithValues: history.final.queues.map { ($0.summary.queue, $0) })
    for (stream, known) in log.events.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      let events = log.run(of: stream)
      if let last = known.keys.max(), last > events.count {
        report(.versionGap, "\(stream.queue): nobody saw version \(events.count + 1) of \(last)")
      }
      var replica = Replica(epoch: stream.epoch, terms)
      for event in events {
        let place = EventLog.Place(event)
        checkRules(event, place, replica)
        if case .transferred(let service) = event.change {
          checkTransfer(of: service, event, place, replica, acknowledged)
        }
        for operation in acknowledged.changes[place.queueVersion] ?? [] {
          check(operation, event, place, replica, acknowledged)
        }
        if case .added(let service, from: nil) = event.change {
          if let other = births.updateValue(place, forKey: service.id) {
            report(.duplicated, "\(service.id) was added at \(other) and at \(place)")
          }
        }
        if case .completed(let service) = event.change {
          if let other = completions.updateValue(place, forKey: service.id) {
            report(.doublyClaimed, "\(service.id) was completed at \(other) and at \(place)")
          }
        }
        replica.apply(event)
        if replica.digest != event.digest { report(.copyDiffers, "\(place): the digest is not that of the services") }
        for operation in acknowledged.looks[place.queueVersion] ?? [] { checkLook(operation, place, replica) }
      }
      if let snapshot = final[stream.queue], snapshot.summary.epoch == stream.epoch {
        compare(replica, with: snapshot)
      }
    }
  }

  private mutating func compare(_ replica: Replica, with snapshot: QueueSnapshot) {
    let queue = snapshot.summary.queue
    guard replica.version == snapshot.summary.version else {
      report(.versionGap, "\(queue): Redis has version \(snapshot.summary.version), its events \(replica.version)")
      return
    }
    let present = Set(snapshot.services.map(\.id))
    for id in replica.services.keys where !present.contains(id) {
      report(.lost, "\(id) is live after the events of \(queue), and not in Redis")
    }
    if replica.sorted != snapshot.services || replica.digest != snapshot.summary.digest {
      report(.copyDiffers, "\(queue): Redis has something else than its events tell")
    }
  }

  /// What no event may do, whoever asked for it.
  private mutating func checkRules(_ event: QueueEvent, _ place: EventLog.Place, _ replica: Replica) {
    guard let after = event.change.service else { return }
    let before = replica.services[after.id]
    switch event.change {
    case .claimed:
      // Taken away from who had it: only by one who may, for another.
      let isReassigned =
        before?.fence != nil && before?.assignee != after.assignee && assigners.contains(event.actor)
      if before?.state != .waiting && !isReassigned {
        report(.doublyClaimed, "\(place): \(after.id) was claimed while \(before.map { "\($0.state)" } ?? "not there")")
      }
      if replica.mode == .paused && !isReassigned {
        report(.claimForbidden, "\(place): claimed while the queue was paused")
      }
    case .started, .held, .resumed, .completed:
      if before == nil || before?.assignee != after.assignee || before?.fence != after.fence {
        report(.doublyClaimed, "\(place): \(event.change.type) is of another claim than the present one")
      }
    case .added, .updated, .moved, .returned, .transferred, .noShow, .removed, .dead, .mode, .renumbered: break
    }
  }

  /// Whether the acknowledged operation was allowed where it happened.
  private mutating func check(
    _ operation: Operation, _ event: QueueEvent, _ place: EventLog.Place, _ replica: Replica, _ all: ToldVersions
  ) {
    guard let request = operation.request, event.actor == operation.actorName, let after = event.change.service else {
      return
    }
    let before = replica.services[after.id]
    switch request.command {
    case .claimNext:
      let first = replica.first(for: request.actor.skills)
      if first?.id != after.id {
        report(.notTheFirst, "\(place): \(after.id) instead of \(first.map { "\($0.id)" } ?? "nothing")")
      }
    case .assign(_, let employee, let fence, _):
      if let before, !employee.mayActOnAnyClaim, !employee.skills.covers(before.requires) {
        report(.claimForbidden, "\(place): \(employee.name) lacks a skill")
      }
      if let before, before.fence != nil { checkFence(fence, request, before, event.at, place, all) }
    case .claim:
      if let before, before.state != .waiting {
        report(.doublyClaimed, "\(place): \(after.id) was claimed while \(before.state)")
      }
      if let before, !request.mayActOnAnyClaim, !request.actor.skills.covers(before.requires) {
        report(.claimForbidden, "\(place): \(request.actor.name) lacks a skill")
      }
    case .start(_, let fence, _), .hold(_, let fence, _), .resume(_, let fence, _), .release(_, let fence),
      .complete(_, let fence), .noShow(_, let fence):
      checkFence(fence, request, before, event.at, place, all)
    // A transfer's answer names the version of the target; it is looked at where it left.
    case .transfer, .renew, .reinstate, .move, .reprioritise, .remove: break
    }
  }

  private mutating func checkTransfer(
    of after: Service, _ event: QueueEvent, _ place: EventLog.Place, _ replica: Replica, _ all: ToldVersions
  ) {
    guard let request = all.transfers[.init(id: after.id, version: after.version)],
      case .transfer(_, _, let fence) = request.command, let before = replica.services[after.id],
      before.fence != nil || !request.mayActOnAnyClaim
    else { return }
    checkFence(fence, request, before, event.at, place, all)
  }

  private mutating func checkFence(
    _ fence: QueueVersion?, _ request: CommandRequest, _ before: Service?, _ at: Timestamp, _ place: EventLog.Place,
    _ all: ToldVersions
  ) {
    guard let before else { return }
    let what = "\(place): \(request.command.name) by \(request.actor.name)"
    if !request.mayActOnAnyClaim && before.assignee?.id != request.actor.id {
      report(.staleFenceAccepted, "\(what), who has no claim")
    }
    if fence != before.fence && (fence != nil || !request.mayActOnAnyClaim) {
      report(.staleFenceAccepted, "\(what) with the fence \(fence ?? 0) instead of \(before.fence ?? 0)")
    }
    let end = before.state == .onHold ? before.holdUntil : all.leaseEnd(of: before)
    if let end, end <= at { report(.staleFenceAccepted, "\(what) at \(at), after \(end)") }
  }

  /// An answer that is no change: it must fit to the version that it names.
  private mutating func checkLook(_ operation: Operation, _ place: EventLog.Place, _ replica: Replica) {
    switch operation.action {
    case .perform(let request):
      guard case .renew(let ref, let fence, _) = request.command else { return }
      // In a queue of another epoch it may not be.
      guard let service = replica.services[ref.id] else { return }
      if !service.state.isHandled || !request.mayActOnAnyClaim && service.assignee?.id != request.actor.id
        || fence != service.fence && (fence != nil || !request.mayActOnAnyClaim)
      {
        report(.staleFenceAccepted, "\(place): \(request.actor.name) renewed a claim that was not the present one")
      }
    case .submit, .changeMode: break
    }
  }
}

/// The acknowledged operations by the version that their answers name.
struct ToldVersions {
  /// A version of a queue, in whichever epoch: answers do not tell it.
  struct Key: Hashable {
    let queue: QueueName
    let version: QueueVersion
  }

  /// A service as one change left it.
  struct Form: Hashable {
    let id: ServiceID
    let version: UInt64
  }

  private struct Claim: Hashable {
    let id: ServiceID
    let fence: QueueVersion
  }

  /// What changed something.
  private(set) var changes: [Key: [Operation]] = [:]
  /// What did not: renewals, and modes that were there already.
  private(set) var looks: [Key: [Operation]] = [:]
  /// Transfers by what they made.
  private(set) var transfers: [Form: CommandRequest] = [:]
  private var leases: [Claim: Timestamp] = [:]
  /// Services whose lease may be longer than anyone was told.
  private var open: Set<ServiceID> = []

  init(_ operations: [Operation]) {
    for operation in operations {
      switch operation.outcome {
      case .done(let answer): insert(operation, answer)
      case .unknown:
        if let id = operation.request?.command.service?.id { open.insert(id) }
      case .stored, .duplicate, .changed, .refused: break
      }
    }
  }

  private mutating func insert(_ operation: Operation, _ answer: CommandAnswer) {
    let key = Key(queue: answer.service.queue, version: answer.queueVersion)
    if let fence = answer.service.fence, let until = answer.leaseUntil {
      let claim = Claim(id: answer.service.id, fence: fence)
      leases[claim] = max(leases[claim] ?? until, until)
    }
    // Told again, it is where it was told first.
    if case .renew? = operation.request?.command {
      looks[key, default: []].append(operation)
    } else {
      changes[key, default: []].append(operation)
    }
    if let request = operation.request, case .transfer = request.command {
      transfers[.init(id: answer.service.id, version: answer.service.version)] = request
    }
  }

  /// Until when the claim holds, as far as it was told for certain.
  func leaseEnd(of service: Service) -> Timestamp? {
    guard let fence = service.fence, !open.contains(service.id) else { return nil }
    return leases[Claim(id: service.id, fence: fence)]
  }
}

extension EventLog.Place {
  var queueVersion: ToldVersions.Key { .init(queue: stream.queue, version: version) }
}
