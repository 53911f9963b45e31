// The outbox and its readers.
extension SiteModel {
  /// The oldest changes after `last` that the reader lacks, at most `limit`; none for a reader that is not enrolled.
  public func outbox(for reader: OutboxReader, after last: OutboxID?, limit: Int) -> [OutboxEntry] {
    let entries: [OutboxEntry]
    switch reader {
    case .history: entries = outboxEntries
    case .events:
      guard let position = eventsPosition else { return [] }
      entries = (keptForEvents + outboxEntries.filter { $0.id > position }.map(\.impersonal)).sorted { $0.id < $1.id }
    }
    return Array(entries.drop { entry in last.map { entry.id <= $0 } ?? false }.prefix(limit))
  }

  /// The reader `events` gets every change from now on. Nothing new if it does already.
  public mutating func enrolEvents() {
    eventsPosition = eventsPosition ?? OutboxID("\(lastOutboxID.milliseconds)-\(lastOutboxID.sequence)")
  }

  /// Nothing is kept for the reader `events` any more.
  public mutating func dismissEvents() {
    eventsPosition = nil
    keptForEvents = []
  }

  /// Tells that the reader has the entries; `events` has all up to the newest of them.
  public mutating func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) {
    switch reader {
    case .history:
      let confirmed = Set(ids)
      if let position = eventsPosition {
        keptForEvents += outboxEntries.filter { $0.id > position && confirmed.contains($0.id) }.map(\.impersonal)
      }
      outboxEntries.removeAll { confirmed.contains($0.id) }
    case .events:
      guard let position = eventsPosition, let newest = ids.max() else { return }
      keptForEvents.removeAll { $0.id <= newest }
      eventsPosition = max(position, newest)
    }
  }
}

extension OutboxEntry {
  /// Without what concerns persons.
  fileprivate var impersonal: OutboxEntry {
    OutboxEntry(
      id: id,
      event: QueueEvent(
        queue: event.queue, epoch: event.epoch, version: event.version, digest: event.digest, at: event.at, actor: "",
        change: event.change.impersonal))
  }
}

extension QueueEvent.Change {
  fileprivate var impersonal: QueueEvent.Change {
    switch self {
    case .added(let service, let from): .added(service.impersonal, from: from)
    case .updated(let service, let reason): .updated(service.impersonal, reason)
    case .moved(let service): .moved(service.impersonal)
    case .claimed(let service): .claimed(service.impersonal)
    case .started(let service): .started(service.impersonal)
    case .held(let service): .held(service.impersonal)
    case .resumed(let service): .resumed(service.impersonal)
    case .returned(let service, let reason): .returned(service.impersonal, reason)
    case .transferred(let service): .transferred(service.impersonal)
    case .completed(let service): .completed(service.impersonal)
    case .noShow(let service): .noShow(service.impersonal)
    case .removed(let service): .removed(service.impersonal)
    case .dead(let service, let reason): .dead(service.impersonal, reason)
    case .mode, .renumbered: self
    }
  }
}

extension Service {
  fileprivate var impersonal: Service {
    var copy = self
    copy.personal = nil
    copy.assignee = nil
    copy.submitter = ""
    return copy
  }
}
