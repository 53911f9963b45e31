import ServiceQueue

/// A copy of one queue that is made of events alone, as a screen holds it. It says whether it is still what the server has.
struct Replica {
  private(set) var epoch: Epoch
  private(set) var version: QueueVersion
  private(set) var digest: QueueDigest
  private(set) var mode: QueueMode
  private(set) var services: [ServiceID: Service]
  private var terms: [ServiceID: UInt64] = [:]
  private let known: DigestTerms

  /// A queue at its beginning.
  init(epoch: Epoch, _ known: DigestTerms) {
    self.epoch = epoch
    self.known = known
    version = 0
    digest = QueueDigest()
    mode = .open
    services = [:]
  }

  init(_ snapshot: QueueSnapshot, _ known: DigestTerms) {
    self.init(epoch: snapshot.summary.epoch, known)
    version = snapshot.summary.version
    mode = snapshot.summary.mode
    for service in snapshot.services { put(service) }
  }

  /// Takes the next event. The caller has seen that it is the next one.
  mutating func apply(_ event: QueueEvent) {
    version = event.version
    switch event.change {
    case .renumbered(let list):
      for item in list {
        guard var service = services[item.id] else { continue }
        service.order = item.order
        put(service)
      }
    case .mode(let mode): self.mode = mode
    case .transferred(let service): remove(service.id)
    case .added(let service, _), .updated(let service, _), .moved(let service), .claimed(let service),
      .started(let service), .held(let service), .resumed(let service), .returned(let service, _),
      .completed(let service), .noShow(let service), .removed(let service), .dead(let service, _):
      if service.state.isLive { put(service) } else { remove(service.id) }
    }
  }

  /// The first waiting service, by order and id, that `skills` suffice for.
  func first(for skills: SkillSet) -> Service? {
    var first: Service?
    for service in services.values where service.state == .waiting && skills.covers(service.requires) {
      if let known = first, Service.stands(known, before: service) { continue }
      first = service
    }
    return first
  }

  private mutating func put(_ service: Service) {
    remove(service.id)
    let term = known.term(of: service)
    services[service.id] = service
    terms[service.id] = term
    digest = QueueDigest(value: digest.value &+ term)
  }

  private mutating func remove(_ id: ServiceID) {
    services[id] = nil
    if let term = terms.removeValue(forKey: id) { digest = QueueDigest(value: digest.value &- term) }
  }
}

/// What services add to a digest, each computed once for all copies.
final class DigestTerms {
  private struct Form: Hashable {
    let id: ServiceID
    let order: OrderKey
    let state: ServiceState
    let version: UInt64
  }

  private var known: [Form: UInt64] = [:]

  func term(of service: Service) -> UInt64 {
    let form = Form(id: service.id, order: service.order, state: service.state, version: service.version)
    if let term = known[form] { return term }
    var one = QueueDigest()
    one.insert(service)
    known[form] = one.value
    return one.value
  }
}
