import ServiceQueue

/// What was acknowledged is there, once.
extension HistoryChecker {
  mutating func checkSubmissions() {
    var present: [ServiceID: String] = [:]
    let live = history.final.queues.flatMap { snapshot in
      snapshot.services.map { ($0.id, "in queue \(snapshot.summary.queue)") }
    }
    for (id, place) in live + history.final.ended.map({ ($0.id, "among the ended") }) {
      if let other = present.updateValue(place, forKey: id) { report(.duplicated, "\(id) is \(other) and \(place)") }
    }
    var told: [String: ServiceID] = [:]
    for operation in history.operations {
      guard let id = operation.storedID, let key = operation.key else { continue }
      if present[id] == nil { report(.lost, "\(id) was acknowledged to \(operation.actorName)") }
      if let other = told.updateValue(id, forKey: key), other != id {
        report(.duplicated, "one key was told \(other) and \(id)")
      }
    }
    checkKeys(against: present)
    checkEnds(against: present)
  }

  /// Also where nobody was told: of all that was sent under one key, one is there.
  private mutating func checkKeys(against present: [ServiceID: String]) {
    var stored: [String: Set<ServiceID>] = [:]
    for operation in history.operations {
      guard case .submit(let item) = operation.action, let key = operation.key, present[item.id] != nil else {
        continue
      }
      stored[key, default: []].insert(item.id)
    }
    for (key, ids) in stored where ids.count > 1 {
      report(.duplicated, "\(key) made \(ids.count) services: \(ids.sorted())")
    }
  }

  /// What ended is kept for a day.
  private mutating func checkEnds(against present: [ServiceID: String]) {
    var last: [ServiceID: Bool] = [:]
    for entry in history.final.outbox {
      guard let service = entry.event.change.service else { continue }
      if case .transferred = entry.event.change { continue }
      last[service.id] = service.state.isLive
    }
    for (id, isLive) in last where !isLive && present[id] == nil {
      report(.lost, "\(id) ended and is not to be found")
    }
  }
}

extension Operation {
  /// The service that the submitter was told.
  fileprivate var storedID: ServiceID? {
    switch outcome {
    case .stored(let service, _): service.id
    case .duplicate(let id): id
    case .done, .changed, .refused, .unknown: nil
    }
  }
}
