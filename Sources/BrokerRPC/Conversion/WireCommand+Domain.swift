import ServiceQueue
import SwiftProtobuf

extension WireServiceRef {
  init(_ ref: ServiceRef) {
    self.init()
    id = ref.id.rawValue
    if let name = ref.queue { queue = name.rawValue }
    if let version = ref.ifVersion { ifVersion = version }
  }

  func domain() throws(Unreadable) -> ServiceRef {
    ServiceRef(
      id: try ServiceID(wire: id), queue: hasQueue ? try QueueName(wire: queue) : nil,
      ifVersion: hasIfVersion ? ifVersion : nil)
  }
}

extension WireCommand.Leased {
  fileprivate init(_ ref: ServiceRef, _ number: QueueVersion?, _ duration: LeaseDuration?) {
    self.init()
    service = WireServiceRef(ref)
    if let number { fence = number }
    if let duration { lease = duration.milliseconds }
  }

  fileprivate func parts() throws(Unreadable) -> (ServiceRef, QueueVersion?, LeaseDuration?) {
    (try service.domain(), hasFence ? fence : nil, try leaseDuration(hasLease, lease))
  }
}

extension WireCommand.Fenced {
  fileprivate init(_ ref: ServiceRef, _ number: QueueVersion?) {
    self.init()
    service = WireServiceRef(ref)
    if let number { fence = number }
  }

  fileprivate func parts() throws(Unreadable) -> (ServiceRef, QueueVersion?) {
    (try service.domain(), hasFence ? fence : nil)
  }
}

extension WireCommand.Move {
  fileprivate init(_ ref: ServiceRef, _ place: MoveTarget) {
    self.init()
    service = WireServiceRef(ref)
    switch place {
    case .before(let id): before = id.rawValue
    case .after(let id): after = id.rawValue
    case .first: end = .first
    case .last: end = .last
    }
  }

  fileprivate func place() throws(Unreadable) -> MoveTarget {
    switch target {
    case .before(let id): .before(try ServiceID(wire: id))
    case .after(let id): .after(try ServiceID(wire: id))
    case .end(.first): .first
    case .end(.last): .last
    case .end(let end): throw end.unknown("end")
    case nil: throw Unreadable("target is missing")
    }
  }
}

private func leaseDuration(_ isThere: Bool, _ milliseconds: Int64) throws(Unreadable) -> LeaseDuration? {
  isThere ? try LeaseDuration(milliseconds: milliseconds).read("lease") : nil
}

extension WireCommand {
  init(_ command: Command) {
    self.init()
    switch command {
    case .claim(let ref, let duration):
      claim = .with {
        $0.service = WireServiceRef(ref)
        if let duration { $0.lease = duration.milliseconds }
      }
    case .claimNext(let queue, let duration):
      claimNext = .with {
        $0.queue = queue.rawValue
        if let duration { $0.lease = duration.milliseconds }
      }
    case .assign(let ref, let employee, let fence, let duration):
      assign = .with {
        $0.service = WireServiceRef(ref)
        $0.assignee = WirePrincipal(employee)
        if let fence { $0.fence = fence }
        if let duration { $0.lease = duration.milliseconds }
      }
    case .start(let ref, let fence, let duration): start = Leased(ref, fence, duration)
    case .renew(let ref, let fence, let duration): renew = Leased(ref, fence, duration)
    case .hold(let ref, let fence, let duration):
      hold = .with {
        $0.service = WireServiceRef(ref)
        if let fence { $0.fence = fence }
        if let duration { $0.hold = duration.milliseconds }
      }
    case .resume(let ref, let fence, let duration): resume = Leased(ref, fence, duration)
    case .release(let ref, let fence): release = Fenced(ref, fence)
    case .complete(let ref, let fence): complete = Fenced(ref, fence)
    case .noShow(let ref, let fence): noShow = Fenced(ref, fence)
    case .reinstate(let ref): reinstate = WireServiceRef(ref)
    case .move(let ref, let place): move = Move(ref, place)
    case .reprioritise(let ref, let level):
      reprioritise = .with {
        $0.service = WireServiceRef(ref)
        $0.priority = UInt32(level.level)
      }
    case .transfer(let ref, let queue, let fence):
      transfer = .with {
        $0.service = WireServiceRef(ref)
        $0.queue = queue.rawValue
        if let fence { $0.fence = fence }
      }
    case .remove(let ref): remove = WireServiceRef(ref)
    }
  }

  func domain() throws(Unreadable) -> Command {
    switch action {
    case .claim(let claim):
      return .claim(try claim.service.domain(), lease: try leaseDuration(claim.hasLease, claim.lease))
    case .claimNext(let next):
      return .claimNext(try QueueName(wire: next.queue), lease: try leaseDuration(next.hasLease, next.lease))
    case .assign(let assign):
      return .assign(
        try assign.service.domain(), to: try assign.assignee.domain(), fence: assign.hasFence ? assign.fence : nil,
        lease: try leaseDuration(assign.hasLease, assign.lease))
    case .start(let leased):
      let (ref, fence, lease) = try leased.parts()
      return .start(ref, fence: fence, lease: lease)
    case .renew(let leased):
      let (ref, fence, lease) = try leased.parts()
      return .renew(ref, fence: fence, lease: lease)
    case .hold(let hold):
      let duration: HoldDuration? =
        if hold.hasHold { try HoldDuration(milliseconds: hold.hold).read("hold") } else { nil }
      return .hold(try hold.service.domain(), fence: hold.hasFence ? hold.fence : nil, hold: duration)
    case .resume(let leased):
      let (ref, fence, lease) = try leased.parts()
      return .resume(ref, fence: fence, lease: lease)
    case .release(let fenced):
      let (ref, fence) = try fenced.parts()
      return .release(ref, fence: fence)
    case .complete(let fenced):
      let (ref, fence) = try fenced.parts()
      return .complete(ref, fence: fence)
    case .noShow(let fenced):
      let (ref, fence) = try fenced.parts()
      return .noShow(ref, fence: fence)
    case .reinstate(let ref): return .reinstate(try ref.domain())
    case .move(let move): return .move(try move.service.domain(), to: try move.place())
    case .reprioritise(let change):
      return .reprioritise(try change.service.domain(), try Priority(wire: change.priority))
    case .transfer(let transfer):
      return .transfer(
        try transfer.service.domain(), to: try QueueName(wire: transfer.queue),
        fence: transfer.hasFence ? transfer.fence : nil)
    case .remove(let ref): return .remove(try ref.domain())
    case nil: throw Unreadable("action is missing, or not known here")
    }
  }
}
