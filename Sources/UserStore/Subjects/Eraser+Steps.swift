import Logging
import ServiceQueue
import Synchronization

extension Eraser {
  /// The history did not record in time what was there.
  struct HistoryIsBehind: Error, CustomStringConvertible {
    let waiting: Int

    var description: String {
      "\(waiting) changes or more wait in Redis' outbox for the history; if its log says that it refuses one, look at that first"
    }
  }

  /// Waits until all that has happened so far is recorded, and gone from the outbox.
  func awaitHistory() async throws {
    var gate = OutboxGate()
    var action = gate.beginning
    let end = ContinuousClock.now + pace.patience
    while true {
      switch action {
      case .open: return
      case .read(let after, let limit):
        action = gate.found(try await broker.outbox(for: .history, after: after, limit: limit, wait: .zero).map(\.id))
      case .readLater(let after, let limit):
        guard .now < end else { throw HistoryIsBehind(waiting: gate.waiting) }
        try await Task.sleep(for: pace.pause)
        action = gate.found(try await broker.outbox(for: .history, after: after, limit: limit, wait: .zero).map(\.id))
      }
    }
  }

  /// Services of one page.
  private static let page = 500

  /// Makes services findable that were recorded before they could be: page by page, so that it can be broken off anywhere. Those that
  /// cannot be opened are left, and told of.
  func readUnread() async throws {
    var last: ServiceID?
    var unreadable = 0
    while true {
      let page = try await store.unreadServices(after: last, limit: Self.page)
      guard let end = page.last else { break }
      last = end.id
      let read = page.compactMap { id, personal in reader.packed(personal, of: id).map { (id: id, packed: $0) } }
      unreadable += page.count - read.count
      try await store.note(subjects: read)
    }
    if unreadable > 0 {
      logger.warning(
        "services cannot be found by their customers, since their personal data do not open: is a key missing?",
        metadata: ["services": "\(unreadable)"])
    }
  }

  /// At the start and every hour: makes services findable, and looks whether Redis has anything that was erased, as when it was
  /// restored from an older copy, to erase it there again.
  func patrol() async throws {
    let last = state.withLock { $0.patrolledAt }
    guard last.map({ ContinuousClock.now - $0 >= pace.patrols }) ?? true else { return }
    try await readUnread()
    var place: ServiceID?
    var found = 0
    while true {
      let ids = try await store.erasedServices(after: place, limit: BrokerLimits.eraseBatch)
      guard let end = ids.last else { break }
      place = end
      let again = try await broker.erase(ids, seenIn: [])
      guard !again.isEmpty else { continue }
      found += again.count
      state.withLock { $0.owesRewrite = true }
      _ = try await broker.erase(Array(again), seenIn: try await store.queues(of: Array(again)))
    }
    if found > 0 {
      logger.warning(
        "Redis had personal data again that were erased; they are erased again", metadata: ["services": "\(found)"])
    }
    if state.withLock(\.owesRewrite) {
      guard try await hasBegunRewrite() else { return }
    }
    state.withLock {
      $0.patrolledAt = .now
      $0.owesRewrite = false
    }
  }

  /// Has Redis' log written anew if the orders have erased anything. False when it is not time, and they stay pending.
  func rewriteLog(for orders: [ErasureOrder]) async throws -> Bool {
    try await orders.contains { $0.services > 0 } ? hasBegunRewrite() : true
  }

  private func hasBegunRewrite() async throws -> Bool {
    let last = state.withLock { $0.rewroteAt }
    guard last.map({ ContinuousClock.now - $0 >= pace.rewrites }) ?? true else { return false }
    switch try await broker.rewriteLog() {
    case .begun: state.withLock { $0.rewroteAt = .now }
    case .hasNone: break
    case .isBusy: return false
    case .isRefused:
      logger.warning(
        "Redis refuses to write its append-only file anew: erased data stay in it until you run BGREWRITEAOF there")
      state.withLock { $0.rewroteAt = .now }
    }
    return true
  }
}
