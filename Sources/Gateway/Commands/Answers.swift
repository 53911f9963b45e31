import ServiceQueue

/// The answers, the same bytes at both doors.
extension CommandDesk {
  /// `{service, queue_version, lease_until?, replay?}`.
  func json(_ answer: CommandAnswer, for principal: Principal) -> [UInt8] {
    let view = principal.serviceView
    var json = JSONWriter(capacity: 512)
    json.object { $0.members(of: answer, as: view, personal: opened(answer.service, for: view)) }
    return json.bytes
  }

  /// `{service, queue_version}`; of a duplicate `{service, replay: true}` with the service as it is now, or its id
  /// alone when it ended long ago.
  func json(_ submitted: Submitted, for principal: Principal) -> [UInt8] {
    let view = principal.serviceView
    var json = JSONWriter(capacity: 512)
    json.object {
      $0.key("service")
      if let service = submitted.service {
        $0.service(service, as: view, personal: opened(service, for: view))
      } else {
        $0.object {
          $0.key("id")
          $0.string(submitted.id.rawValue)
        }
      }
      if let version = submitted.queueVersion {
        $0.key("queue_version")
        $0.number(version)
      }
      if submitted.isDuplicate {
        $0.key("replay")
        $0.bool(true)
      }
    }
    return json.bytes
  }

  /// One service.
  func json(_ service: Service, for principal: Principal) -> [UInt8] {
    let view = principal.serviceView
    var json = JSONWriter(capacity: 512)
    json.service(service, as: view, personal: opened(service, for: view))
    return json.bytes
  }

  /// `{queue, version, epoch, digest, total, services, next_cursor}`.
  func json(_ page: ServicePage, of queue: QueueName, for principal: Principal) -> [UInt8] {
    let view = principal.serviceView
    var json = JSONWriter(capacity: 512 * (page.services.count + 1))
    json.object {
      $0.key("queue")
      $0.string(queue.rawValue)
      $0.key("version")
      $0.number(page.version)
      $0.key("epoch")
      $0.string(page.epoch.rawValue)
      $0.key("digest")
      $0.string(page.digest.description)
      $0.key("total")
      $0.number(page.total)
      $0.key("services")
      $0.array { list in
        for service in page.services { list.service(service, as: view, personal: opened(service, for: view)) }
      }
      $0.key("next_cursor")
      $0.optional(page.next?.text)
    }
    return json.bytes
  }

  /// A snapshot as a subscriber gets it.
  func json(_ snapshot: QueueSnapshot, as view: ViewLevel) -> [UInt8] {
    var json = JSONWriter(capacity: 512 * (snapshot.services.count + 1))
    json.snapshot(snapshot, as: view) { opened($0, for: view) }
    return json.bytes
  }

  /// An event as a subscriber gets it.
  func json(_ event: QueueEvent, as view: ViewLevel) -> [UInt8] {
    var json = JSONWriter(capacity: 768)
    json.event(event, as: view, personal: event.change.service.flatMap { opened($0, for: view) })
    return json.bytes
  }
}

extension JSONWriter {
  /// `service, queue_version, lease_until?, replay?`.
  mutating func members(of answer: CommandAnswer, as view: ViewLevel, personal: PersonalData?) {
    key("service")
    service(answer.service, as: view, personal: personal)
    key("queue_version")
    number(answer.queueVersion)
    if let until = answer.leaseUntil {
      key("lease_until")
      string(until.description)
    }
    if answer.isReplay {
      key("replay")
      bool(true)
    }
  }

  /// `{queue, version, epoch, digest, mode, paused, scheduled, waiting, claimed, serving, on_hold, total}`.
  mutating func summary(_ summary: QueueSummary) {
    object { $0.members(of: summary) }
  }

  /// The members of `summary`.
  mutating func members(of summary: QueueSummary) {
    key("queue")
    string(summary.queue.rawValue)
    key("version")
    number(summary.version)
    key("epoch")
    string(summary.epoch.rawValue)
    key("digest")
    string(summary.digest.description)
    key("mode")
    string(summary.mode.rawValue)
    key("paused")
    bool(summary.isPaused)
    for state in ServiceState.allCases where state.isLive {
      key(dynamic: state.rawValue)
      number(summary.counts[state])
    }
    key("total")
    number(summary.total)
  }
}
