import Foundation
import ServiceQueue
import SwiftProtobuf

extension WireServiceState {
  init(_ state: ServiceState) {
    switch state {
    case .scheduled: self = .scheduled
    case .waiting: self = .waiting
    case .claimed: self = .claimed
    case .serving: self = .serving
    case .onHold: self = .onHold
    case .completed: self = .completed
    case .noShow: self = .noShow
    case .cancelled: self = .cancelled
    case .dead: self = .dead
    }
  }

  func domain() throws(Unreadable) -> ServiceState {
    switch self {
    case .scheduled: .scheduled
    case .waiting: .waiting
    case .claimed: .claimed
    case .serving: .serving
    case .onHold: .onHold
    case .completed: .completed
    case .noShow: .noShow
    case .cancelled: .cancelled
    case .dead: .dead
    case .unspecified, .UNRECOGNIZED: throw unknown("state")
    }
  }
}

extension WireSealedPersonalData {
  init(_ sealed: SealedPersonalData) {
    wrappedKey = Data(sealed.wrappedKey)
    ciphertext = Data(sealed.ciphertext)
  }

  var domain: SealedPersonalData {
    SealedPersonalData(wrappedKey: [UInt8](wrappedKey), ciphertext: [UInt8](ciphertext))
  }
}

extension WireService {
  init(_ service: Service) {
    self.init()
    id = service.id.rawValue
    queue = service.queue.rawValue
    ticket = service.ticket
    kind = service.kind
    priority = UInt32(service.priority.level)
    order = service.order.ticks
    state = WireServiceState(service.state)
    version = service.version
    attempts = UInt32(clamping: service.attempts)
    requires = service.requires.words
    submitter = service.submitter
    submittedAt = service.submittedAt.milliseconds
    if let moment = service.scheduledFor { scheduledFor = moment.milliseconds }
    if let holder = service.assignee {
      assignee = .with {
        $0.id = holder.id
        $0.name = holder.name
      }
    }
    if let number = service.fence { fence = number }
    if let moment = service.claimedAt { claimedAt = moment.milliseconds }
    if let moment = service.startedAt { startedAt = moment.milliseconds }
    if let moment = service.heldAt { heldAt = moment.milliseconds }
    if let moment = service.holdUntil { holdUntil = moment.milliseconds }
    if let moment = service.endedAt { endedAt = moment.milliseconds }
    if let sealed = service.personal { personal = WireSealedPersonalData(sealed) }
  }

  func domain() throws(Unreadable) -> Service {
    guard Service.isKind(kind) else { throw Unreadable("kind is missing or out of its bounds") }
    return Service(
      id: try ServiceID(wire: id), queue: try QueueName(wire: queue), ticket: ticket, kind: kind,
      priority: try Priority(wire: priority), order: try OrderKey(wire: order), state: try state.domain(),
      version: version, attempts: Int(attempts),
      requires: try SkillSet(requires, most: SkillSet.mostRequired).read("requires"), submitter: submitter,
      submittedAt: Timestamp(milliseconds: submittedAt), scheduledFor: moment(hasScheduledFor, scheduledFor),
      assignee: hasAssignee ? Assignee(id: assignee.id, name: assignee.name) : nil, fence: hasFence ? fence : nil,
      claimedAt: moment(hasClaimedAt, claimedAt), startedAt: moment(hasStartedAt, startedAt),
      heldAt: moment(hasHeldAt, heldAt), holdUntil: moment(hasHoldUntil, holdUntil),
      endedAt: moment(hasEndedAt, endedAt), personal: hasPersonal ? personal.domain : nil)
  }
}

/// A moment that may be absent.
func moment(_ isThere: Bool, _ milliseconds: Int64) -> Timestamp? {
  isThere ? Timestamp(milliseconds: milliseconds) : nil
}
