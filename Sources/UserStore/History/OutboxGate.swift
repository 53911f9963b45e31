package import ServiceQueue

/// Tells when the history has all that had happened when the gate was made. Pure.
///
/// First it looks for the newest change in the outbox; then it waits until that one and all before it are gone from there.
/// What comes in meanwhile does not matter.
package struct OutboxGate {
  /// What is to be done next, and its result told to `found`.
  package enum Action: Equatable {
    /// Read the outbox.
    case read(after: OutboxID?, limit: Int)
    /// Read it after a pause.
    case readLater(after: OutboxID?, limit: Int)
    /// The history has everything.
    case open
  }

  /// Pages that are read to find the newest change. With more the history is far behind: it is asked again later.
  package static let mostPages = 20

  /// Changes that were seen waiting, at least.
  package private(set) var waiting = 0
  private var newest: OutboxID?
  private var pages = 0
  private var isMarked = false

  /// A gate for now.
  package init() {}

  /// The first action.
  package var beginning: Action { .read(after: nil, limit: BrokerLimits.outbox) }

  /// Takes the ids that were read, oldest first.
  package mutating func found(_ ids: [OutboxID]) -> Action {
    if isMarked { return wait(for: ids.first) }
    guard let last = ids.last else {
      guard newest != nil else { return .open }
      isMarked = true
      return .read(after: nil, limit: 1)
    }
    newest = last
    pages += 1
    waiting = max(waiting, (pages - 1) * BrokerLimits.outbox + ids.count)
    guard pages < Self.mostPages else {
      pages = 0
      newest = nil
      return .readLater(after: nil, limit: BrokerLimits.outbox)
    }
    return .read(after: last, limit: BrokerLimits.outbox)
  }

  private func wait(for oldest: OutboxID?) -> Action {
    guard let oldest, let newest, oldest <= newest else { return .open }
    return .readLater(after: nil, limit: 1)
  }
}
