extension JSONWriter {
  /// The view `level` of `service` as a JSON object. `personal` is its opened data, written only for `.staff`.
  ///
  /// Every view has `id, ticket, kind, priority, order, state, version, attempts, submitted_at`: enough to sort and to
  /// compute the digest. `.staff` adds `submitter, claimed_by {id, name}, fence, claimed_at, started_at, ended_at,
  /// customer, details`, each only where it has a value.
  public mutating func service(_ service: Service, as level: ViewLevel, personal: PersonalData?) {
    object { json in
      json.key("id")
      json.string(service.id.rawValue)
      json.key("queue")
      json.string(service.queue.rawValue)
      json.key("ticket")
      json.number(service.ticket)
      json.key("kind")
      json.string(service.kind)
      json.key("priority")
      json.number(service.priority.level)
      json.key("order")
      json.number(service.order.ticks)
      json.key("state")
      json.string(service.state.rawValue)
      json.key("version")
      json.number(service.version)
      json.key("attempts")
      json.number(service.attempts)
      json.key("submitted_at")
      json.string(service.submittedAt.description)
      guard level == .staff else { return }
      json.key("submitter")
      json.string(service.submitter)
      if let assignee = service.assignee {
        json.key("claimed_by")
        json.object {
          $0.key("id")
          $0.string(assignee.id)
          $0.key("name")
          $0.string(assignee.name)
        }
      }
      if let fence = service.fence {
        json.key("fence")
        json.number(fence)
      }
      if let at = service.claimedAt {
        json.key("claimed_at")
        json.string(at.description)
      }
      if let at = service.startedAt {
        json.key("started_at")
        json.string(at.description)
      }
      if let at = service.endedAt {
        json.key("ended_at")
        json.string(at.description)
      }
      if let customer = personal?.customer {
        json.key("customer")
        json.raw(customer)
      }
      if let details = personal?.details {
        json.key("details")
        json.raw(details)
      }
    }
  }

  /// An event's publication data: `{type, queue, version, digest, at, actor, service}`, with `reason` for
  /// `service.returned` (`released` or `lease_expired`) and `services: [{id, order}]` for `queue.renumbered`.
  /// The `actor` of a board's view is left out.
  public mutating func event(_ event: QueueEvent, as level: ViewLevel, personal: PersonalData?) {
    object { json in
      json.key("type")
      json.string(event.change.type)
      json.key("queue")
      json.string(event.queue.rawValue)
      json.key("version")
      json.number(event.version)
      json.key("digest")
      json.string(event.digest.description)
      json.key("at")
      json.string(event.at.description)
      if level == .staff {
        json.key("actor")
        json.string(event.actor)
      }
      switch event.change {
      case .renumbered(let services):
        json.key("services")
        json.array { list in
          for service in services {
            list.object {
              $0.key("id")
              $0.string(service.id.rawValue)
              $0.key("order")
              $0.number(service.order.ticks)
            }
          }
        }
      case .returned(let service, let leaseExpired):
        json.key("reason")
        json.string(leaseExpired ? "lease_expired" : "released")
        json.key("service")
        json.service(service, as: level, personal: personal)
      case .added(let service), .moved(let service), .claimed(let service), .started(let service),
        .completed(let service), .noShow(let service), .removed(let service):
        json.key("service")
        json.service(service, as: level, personal: personal)
      }
    }
  }

  /// A snapshot: `{queue, version, epoch, digest, paused, total, services}`; `opened` gives each service's personal data.
  public mutating func snapshot(
    _ snapshot: QueueSnapshot, as level: ViewLevel, opened: (Service) throws -> PersonalData?
  ) rethrows {
    let summary = snapshot.summary
    try object { json in
      json.key("queue")
      json.string(summary.queue.rawValue)
      json.key("version")
      json.number(summary.version)
      json.key("epoch")
      json.string(summary.epoch.rawValue)
      json.key("digest")
      json.string(summary.digest.description)
      json.key("paused")
      json.bool(summary.isPaused)
      json.key("total")
      json.number(summary.total)
      json.key("services")
      try json.array { list in
        for service in snapshot.services {
          list.service(service, as: level, personal: level == .staff ? try opened(service) : nil)
        }
      }
    }
  }
}
