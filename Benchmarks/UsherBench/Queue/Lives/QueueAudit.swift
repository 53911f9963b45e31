import ServiceQueue

/// Looks at what the measurements left behind, through other doors than they used. Throws at the first thing wrong.
struct QueueAudit {
  private let broker: any Broker
  private var counts: [Check: Int] = [:]

  private enum Check: String, CaseIterable {
    case list = "lists hold exactly the submitted services, in order, and their digest is the queue's"
    case end = "lines were handled to the end: every service completed once, queue empty, no version missing"
    case outbox = "outboxes tell of every service added, claimed, started and completed exactly once"
  }

  init(broker: any Broker) { self.broker = broker }

  /// What was found right, as sentences with how often.
  var passed: [String] { Check.allCases.map { "\(counts[$0] ?? 0) \($0.rawValue)" } }

  /// The queue's live services, page by page, are `ids`, in order, and the digest computed here is the queue's.
  mutating func holds(_ queue: QueueName, exactly ids: Set<ServiceID>) async throws {
    var services: [Service] = []
    var after: ListCursor?
    var last: ServicePage
    repeat {
      try Task.checkCancellation()
      last = try await broker.list(ServiceListQuery(queue: queue, after: after, limit: BrokerLimits.page))
      services += last.services
      after = last.next
    } while after != nil
    guard services.count == last.total, Set(services.map(\.id)) == ids, services.count == ids.count else {
      throw wrong("\(queue) lists \(services.count) services where \(ids.count) were submitted")
    }
    let isOrdered = zip(services, services.dropFirst()).allSatisfy { ($0.order, $0.id) < ($1.order, $1.id) }
    guard isOrdered else { throw wrong("\(queue) is not listed in order") }
    let digest = QueueDigest(of: services)
    guard digest == last.digest else { throw wrong("\(queue) has the digest \(last.digest), its list \(digest)") }
    counts[.list, default: 0] += 1
  }

  /// Each of `ids` was answered as completed once, and the queue has nothing more: four changes a service, no other.
  mutating func endedOnce(_ queue: QueueName, ids: Set<ServiceID>, answered: [ServiceID]) async throws {
    guard answered.count == ids.count, Set(answered) == ids else {
      throw wrong("\(queue): \(answered.count) completions of \(Set(answered).count) services, \(ids.count) submitted")
    }
    let summary = try await broker.queue(queue)
    guard summary.total == 0, summary.digest == QueueDigest(), summary.version == UInt64(4 * ids.count) else {
      throw wrong("\(queue): \(summary.total) left, version \(summary.version), digest \(summary.digest)")
    }
    counts[.end, default: 0] += 1
  }

  /// Reads the outbox to its end and forgets it: what the history gets.
  mutating func outboxTellsOnce(_ queue: QueueName, ids: Set<ServiceID>) async throws {
    var told: [String: [ServiceID: Int]] = [:]
    while true {
      try Task.checkCancellation()
      let entries = try await broker.outbox(for: .history, after: nil, limit: BrokerLimits.outbox, wait: .zero)
      guard !entries.isEmpty else { break }
      for change in entries.map(\.event).filter({ $0.queue == queue }).map(\.change) {
        if let service = change.service { told[change.type, default: [:]][service.id, default: 0] += 1 }
      }
      try await broker.acknowledgeOutbox(entries.map(\.id), for: .history)
    }
    let types = ["service.added", "service.claimed", "service.started", "service.completed"]
    guard Set(told.keys) == Set(types) else { throw wrong("\(queue): the outbox tells \(told.keys.sorted())") }
    for (type, times) in told {
      guard Set(times.keys) == ids, times.values.allSatisfy({ $0 == 1 }) else {
        throw wrong("\(queue): the outbox does not tell \(type) once for each service")
      }
    }
    counts[.outbox, default: 0] += 1
  }

  private func wrong(_ what: String) -> BenchError { BenchError("a check failed, this is a bug: \(what)") }
}
