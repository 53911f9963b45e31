extension JSONWriter {
  /// The view `level` of `service` as a JSON object. `personal` is its opened data, written only for `.staff`.
  ///
  /// Every view has `id, ticket, kind, priority, order, state, version, attempts, submitted_at`: enough to sort and to
  /// compute the digest, and `scheduled_for` where it has one. `.staff` adds `requires, submitter, claimed_by {id, name},
  /// fence, claimed_at, started_at, held_at, hold_until, ended_at, customer, details`, each only where it has a value.
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
      json.moment("scheduled_for", service.scheduledFor)
      guard level == .staff else { return }
      if !service.requires.isEmpty {
        json.key("requires")
        json.array { list in for word in service.requires.words { list.string(word) } }
      }
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
      json.moment("claimed_at", service.claimedAt)
      json.moment("started_at", service.startedAt)
      json.moment("held_at", service.heldAt)
      json.moment("hold_until", service.holdUntil)
      json.moment("ended_at", service.endedAt)
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

  private mutating func moment(_ name: StaticString, _ at: Timestamp?) {
    guard let at else { return }
    key(name)
    string(at.description)
  }

  /// An event's publication data: `{type, queue, version, digest, at, actor, service}`, with `reason` for
  /// `service.updated`, `service.returned` and `service.dead`, `from` (a queue) for a `service.added` by transfer, `mode` for a
  /// change of the queue's mode, and `services: [{id, order}]` for `queue.renumbered`. `service.transferred` carries the service
  /// as it is in the queue that it went to.
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
      case .mode(let mode):
        json.key("mode")
        json.string(mode.rawValue)
      case .added(let service, let from):
        if let from {
          json.key("from")
          json.string(from.rawValue)
        }
        json.change(of: service, as: level, personal: personal)
      case .updated(let service, let reason):
        json.change(of: service, because: reason.rawValue, as: level, personal: personal)
      case .returned(let service, let reason), .dead(let service, let reason):
        json.change(of: service, because: reason.rawValue, as: level, personal: personal)
      case .moved(let service), .claimed(let service), .started(let service), .held(let service),
        .resumed(let service), .transferred(let service), .completed(let service), .noShow(let service),
        .removed(let service):
        json.change(of: service, as: level, personal: personal)
      }
    }
  }

  private mutating func change(
    of service: Service, because reason: String? = nil, as level: ViewLevel, personal: PersonalData?
  ) {
    if let reason {
      key("reason")
      string(reason)
    }
    key("service")
    self.service(service, as: level, personal: personal)
  }

  /// A snapshot: `{queue, version, epoch, digest, paused, mode, total, services}`; `opened` gives each service's personal data.
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
      json.key("mode")
      json.string(summary.mode.rawValue)
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
