import ServiceQueue
import Synchronization
import UserStore

/// The present rights of the users that were changed within an access token's lifetime, and the sessions that ended within
/// it, to hold older tokens against. Whoever is not named here has the rights that the token says.
///
/// Safe from any thread. `UserWatch` and the routes that change users or end sessions fill it. While the user store cannot be reached it keeps
/// what it knows, however long that is: nobody can get a new token then either. Before the first complete look at the users it
/// lets nobody in.
///
/// Bound: `capacity` users, and as many sessions. Beyond it the oldest changes are dropped, and tokens of users not named here that were issued
/// before the last dropped change count as outdated, changed or not: their bearers refresh once more, nobody gets in with
/// rights that were taken away.
final class RightsRegistry: Sendable {
  private struct Entry {
    let rights: CurrentRights
    let version: Int64
    /// By PostgreSQL's clock, but not in the future.
    let changedAt: Int64
    /// By this server's clock.
    let forgetAt: Int64
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var sessions: EndedSessions
    var droppedUpTo: Int64?
    var isReady = false
  }

  /// How far the clocks of servers may be apart, in milliseconds.
  static let clockTolerance: Int64 = 5_000
  /// How much longer than a token lives a change is remembered, in milliseconds.
  static let grace: Int64 = 60_000

  /// How long a change is remembered, in milliseconds.
  let memory: Int64
  private let capacity: Int
  private let state: Mutex<State>

  /// An empty registry; `tokenLifetime` is in milliseconds.
  init(tokenLifetime: Int64, capacity: Int = 10_000) {
    memory = tokenLifetime + Self.grace
    self.capacity = capacity
    state = Mutex(State(sessions: EndedSessions(capacity: capacity)))
  }

  /// True once all changes that matter have been looked at.
  var isReady: Bool { state.withLock { $0.isReady } }

  /// How many users are named.
  var count: Int { state.withLock { $0.entries.count } }

  /// Takes in users as they are now, and returns the rights of those that were not known to have changed, by id. `now` is in
  /// milliseconds since 1970.
  func note(_ users: [User], now: Int64) -> [String: CurrentRights] {
    state.withLock { state in
      var fresh: [String: CurrentRights] = [:]
      // A user who was only made has no older tokens.
      for user in users where user.version > 1 {
        let changedAt = min(user.updatedAt.milliseconds, now)
        let rights = CurrentRights(user)
        if let known = state.entries[user.id] {
          guard user.version > known.version else { continue }
        } else if let dropped = state.droppedUpTo, changedAt <= dropped {
          fresh[user.id] = rights
          continue
        }
        fresh[user.id] = rights
        state.entries[user.id] = Entry(
          rights: rights, version: user.version, changedAt: changedAt, forgetAt: now + memory)
      }
      dropOldest(&state)
      return fresh
    }
  }

  /// Takes in sessions that ended, and returns the ids of those that were not known to have. `now` is in milliseconds since
  /// 1970.
  func note(ended: [EndedSession], now: Int64) -> Set<String> {
    state.withLock { $0.sessions.note(ended, now: now, memory: memory) }
  }

  /// All changes up to `now` have been noted: those that no token can be older than are forgotten.
  func looked(now: Int64) {
    state.withLock { state in
      state.isReady = true
      state.sessions.forget(now: now)
      guard state.entries.values.contains(where: { $0.forgetAt <= now }) else { return }
      state.entries = state.entries.filter { $0.value.forgetAt > now }
    }
  }

  /// Whether a verified token still says what its bearer may do.
  func verdict(on token: AccessToken) -> RightsVerdict {
    state.withLock { state in
      guard state.isReady else { return .unknown }
      let entry = state.entries[token.principal.id]
      if entry?.rights.isDisabled == true { return .disabled }
      if let session = token.session, state.sessions.contains(session) { return .ended }
      if let entry, entry.rights.verdict(on: token.principal) != .current { return .outdated }
      let dropped = [entry == nil ? state.droppedUpTo : nil, state.sessions.droppedUpTo].compactMap(\.self).max()
      if let dropped, token.issuedAt * 1_000 <= dropped + Self.clockTolerance { return .outdated }
      return .current
    }
  }

  private func dropOldest(_ state: inout State) {
    let excess = state.entries.count - capacity
    guard excess > 0 else { return }
    for (id, entry) in state.entries.sorted(by: { $0.value.changedAt < $1.value.changedAt }).prefix(excess) {
      state.entries[id] = nil
      state.droppedUpTo = max(state.droppedUpTo ?? entry.changedAt, entry.changedAt)
    }
  }
}
