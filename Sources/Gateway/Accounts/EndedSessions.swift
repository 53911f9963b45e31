import ServiceQueue
import UserStore

/// The sessions that ended within an access token's lifetime: tokens that come from them are void. Pure; all times are in
/// milliseconds since 1970.
///
/// Bound: `capacity` sessions. Beyond it the oldest ends are dropped, and the caller must take every token that is not
/// newer than `droppedUpTo` for one that its bearer has to refresh.
struct EndedSessions: Sendable {
  private struct Entry {
    /// By PostgreSQL's clock, but not in the future.
    let endedAt: Int64
    /// By this server's clock.
    let forgetAt: Int64
  }

  private let capacity: Int
  private var entries: [String: Entry] = [:]
  /// When the last end that was dropped happened.
  private(set) var droppedUpTo: Int64?

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { entries.count }

  func contains(_ session: String) -> Bool { entries[session] != nil }

  /// Takes in ends, and returns the ids of those that were not known.
  mutating func note(_ ended: [EndedSession], now: Int64, memory: Int64) -> Set<String> {
    var fresh: Set<String> = []
    for session in ended where entries[session.id] == nil {
      let endedAt = min(session.endedAt.milliseconds, now)
      fresh.insert(session.id)
      if let dropped = droppedUpTo, endedAt <= dropped { continue }
      entries[session.id] = Entry(endedAt: endedAt, forgetAt: now + memory)
    }
    dropOldest()
    return fresh
  }

  /// Forgets the ends that no token can be older than.
  mutating func forget(now: Int64) {
    guard entries.values.contains(where: { $0.forgetAt <= now }) else { return }
    entries = entries.filter { $0.value.forgetAt > now }
  }

  private mutating func dropOldest() {
    let excess = entries.count - capacity
    guard excess > 0 else { return }
    for (id, entry) in entries.sorted(by: { $0.value.endedAt < $1.value.endedAt }).prefix(excess) {
      entries[id] = nil
      droppedUpTo = max(droppedUpTo ?? entry.endedAt, entry.endedAt)
    }
  }
}
