import ServiceQueue
import SwiftProtobuf

extension WireUpdateReason {
  init(_ reason: QueueEvent.UpdateReason) {
    switch reason {
    case .due: self = .due
    case .reprioritised: self = .reprioritised
    case .repaired: self = .repaired
    case .erased: self = .erased
    }
  }

  func domain() throws(Unreadable) -> QueueEvent.UpdateReason {
    switch self {
    case .due: .due
    case .reprioritised: .reprioritised
    case .repaired: .repaired
    case .erased: .erased
    case .unspecified, .UNRECOGNIZED: throw unknown("reason")
    }
  }
}

extension WireReturnReason {
  init(_ reason: QueueEvent.ReturnReason) {
    switch reason {
    case .released: self = .released
    case .leaseExpired: self = .leaseExpired
    case .holdExpired: self = .holdExpired
    case .reinstated: self = .reinstated
    }
  }

  func domain() throws(Unreadable) -> QueueEvent.ReturnReason {
    switch self {
    case .released: .released
    case .leaseExpired: .leaseExpired
    case .holdExpired: .holdExpired
    case .reinstated: .reinstated
    case .unspecified, .UNRECOGNIZED: throw unknown("reason")
    }
  }
}

extension WireQueueEvent.Returned {
  fileprivate init(_ service: Service, _ reason: QueueEvent.ReturnReason) {
    self.init()
    self.service = WireService(service)
    self.reason = WireReturnReason(reason)
  }
}

extension WireQueueEvent {
  init(_ event: QueueEvent) {
    self.init()
    queue = event.queue.rawValue
    epoch = event.epoch.rawValue
    version = event.version
    digest = event.digest.value
    at = event.at.milliseconds
    actor = event.actor
    switch event.change {
    case .added(let service, let from):
      added = .with {
        $0.service = WireService(service)
        if let from { $0.from = from.rawValue }
      }
    case .updated(let service, let reason):
      updated = .with {
        $0.service = WireService(service)
        $0.reason = WireUpdateReason(reason)
      }
    case .moved(let service): moved = WireService(service)
    case .claimed(let service): claimed = WireService(service)
    case .started(let service): started = WireService(service)
    case .held(let service): held = WireService(service)
    case .resumed(let service): resumed = WireService(service)
    case .returned(let service, let reason): returned = Returned(service, reason)
    case .transferred(let service): transferred = WireService(service)
    case .completed(let service): completed = WireService(service)
    case .noShow(let service): noShow = WireService(service)
    case .removed(let service): removed = WireService(service)
    case .dead(let service, let reason): dead = Returned(service, reason)
    case .mode(let found): mode = WireQueueMode(found)
    case .renumbered(let services):
      renumbered = .with {
        $0.services = services.map { service in
          .with {
            $0.id = service.id.rawValue
            $0.order = service.order.ticks
          }
        }
      }
    }
  }

  func domain() throws(Unreadable) -> QueueEvent {
    QueueEvent(
      queue: try QueueName(wire: queue), epoch: try Epoch(wire: epoch), version: version,
      digest: QueueDigest(value: digest), at: Timestamp(milliseconds: at), actor: actor, change: try domainChange())
  }

  private func domainChange() throws(Unreadable) -> QueueEvent.Change {
    switch change {
    case .added(let added):
      .added(try added.service.domain(), from: added.hasFrom ? try QueueName(wire: added.from) : nil)
    case .updated(let updated): .updated(try updated.service.domain(), try updated.reason.domain())
    case .moved(let service): .moved(try service.domain())
    case .claimed(let service): .claimed(try service.domain())
    case .started(let service): .started(try service.domain())
    case .held(let service): .held(try service.domain())
    case .resumed(let service): .resumed(try service.domain())
    case .returned(let returned): .returned(try returned.service.domain(), try returned.reason.domain())
    case .transferred(let service): .transferred(try service.domain())
    case .completed(let service): .completed(try service.domain())
    case .noShow(let service): .noShow(try service.domain())
    case .removed(let service): .removed(try service.domain())
    case .dead(let dead): .dead(try dead.service.domain(), try dead.reason.domain())
    case .mode(let mode): .mode(try mode.domain())
    case .renumbered(let renumbered):
      .renumbered(
        try renumbered.services.reading { (service) throws(Unreadable) in
          QueueEvent.Renumbering(id: try ServiceID(wire: service.id), order: try OrderKey(wire: service.order))
        })
    case nil: throw Unreadable("change is missing, or not known here")
    }
  }
}
