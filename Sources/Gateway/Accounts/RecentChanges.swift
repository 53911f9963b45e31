/// What changed within an access token's lifetime, by id: users that have other rights, sessions that ended. Pure; all times are
/// in milliseconds since 1970.
///
/// Bound: `capacity` ids. Beyond it the oldest changes are dropped, and the caller must take every token that is not newer
/// than `droppedUpTo`, of an id that is not here, for one that its bearer has to refresh.
struct RecentChanges<Value: Sendable>: Sendable {
  /// A change as the user store tells it.
  struct Change {
    let id: String
    /// Of two changes of one id the higher counts. The same for all where an id changes but once.
    var version: Int64 = 1
    /// When, by PostgreSQL's clock.
    let moment: Int64
    /// What it is since.
    let value: Value
  }

  private struct Entry {
    let value: Value
    let version: Int64
    /// By PostgreSQL's clock, but not in the future.
    let changedAt: Int64
    /// By this server's clock.
    let forgetAt: Int64
  }

  private let capacity: Int
  private let memory: Int64
  private var entries: [String: Entry] = [:]
  /// When the last change that was dropped happened.
  private(set) var droppedUpTo: Int64?

  /// None yet; a change is remembered for `memory` milliseconds.
  init(capacity: Int, memory: Int64) {
    self.capacity = capacity
    self.memory = memory
  }

  var count: Int { entries.count }

  /// What this id's last change made of it; nil when no change is known.
  subscript(id: String) -> Value? { entries[id]?.value }

  /// Takes in changes, and returns what those that were not known made, by id.
  mutating func note(_ changes: [Change], now: Int64) -> [String: Value] {
    var fresh: [String: Value] = [:]
    for change in changes {
      let known = entries[change.id]
      if let known, change.version <= known.version { continue }
      fresh[change.id] = change.value
      let changedAt = min(change.moment, now)
      // Looked at again, what was dropped does not push out others.
      if known == nil, let droppedUpTo, changedAt <= droppedUpTo { continue }
      entries[change.id] = Entry(
        value: change.value, version: change.version, changedAt: changedAt, forgetAt: now + memory)
    }
    dropOldest()
    return fresh
  }

  /// Forgets the changes that no token can be older than.
  mutating func forget(now: Int64) {
    guard entries.values.contains(where: { $0.forgetAt <= now }) else { return }
    entries = entries.filter { $0.value.forgetAt > now }
  }

  private mutating func dropOldest() {
    let excess = entries.count - capacity
    guard excess > 0 else { return }
    for (id, entry) in entries.sorted(by: { $0.value.changedAt < $1.value.changedAt }).prefix(excess) {
      entries[id] = nil
      droppedUpTo = max(droppedUpTo ?? entry.changedAt, entry.changedAt)
    }
  }
}
