// Erasure of personal data.
extension SiteModel {
  /// Erases the personal data of services; see `Broker.erase`. Queue by queue in the order of their names, the services of one
  /// queue in their order.
  public mutating func erase(_ ids: [ServiceID], seenIn queues: Set<QueueName>, at now: Int64) -> Set<ServiceID> {
    forget(at: now)
    var erased: Set<ServiceID> = []
    var places = queues
    let homes = ids.map { index[$0] ?? ended.value(for: $0, at: now)?.queue }
    for queue in Set(homes.compactMap(\.self)).sorted() {
      places.insert(queue)
      for (id, home) in zip(ids, homes) where home == queue {
        if erase(id, at: now) { erased.insert(id) }
      }
    }
    for queue in places { self.queues[queue]?.forgetPersonal(of: Set(ids)) }
    return erased
  }

  /// False when there was nothing to erase.
  private mutating func erase(_ id: ServiceID, at now: Int64) -> Bool {
    var isErased = false
    if let past = ended.value(for: id, at: now), past.personal != nil {
      ended.replace(past.withoutPersonal(), for: id)
      isErased = true
    }
    if let queue = index[id], let entry = queues[queue]?[id], entry.service.personal != nil {
      record(entry.service.withoutPersonal(), leaseUntil: entry.timer, by: Self.itself, at: now) {
        .updated($0, .erased)
      }
      isErased = true
    }
    return isErased
  }
}

extension Service {
  fileprivate func withoutPersonal() -> Service {
    var after = changed()
    after.personal = nil
    return after
  }
}
