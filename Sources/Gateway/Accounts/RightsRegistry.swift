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
  private struct State {
    var users: RecentChanges<CurrentRights>
    var sessions: RecentChanges<Void>
    var isReady = false
  }

  /// How far the clocks of servers may be apart, in milliseconds.
  static let clockTolerance: Int64 = 5_000
  /// How much longer than a token lives a change is remembered, in milliseconds.
  static let grace: Int64 = 60_000

  /// How long a change is remembered, in milliseconds.
  let memory: Int64
  private let state: Mutex<State>

  /// An empty registry; `tokenLifetime` is in milliseconds.
  init(tokenLifetime: Int64, capacity: Int = 10_000) {
    memory = tokenLifetime + Self.grace
    state = Mutex(
      State(
        users: RecentChanges(capacity: capacity, memory: memory),
        sessions: RecentChanges(capacity: capacity, memory: memory)))
  }

  /// True once all changes that matter have been looked at.
  var isReady: Bool { state.withLock { $0.isReady } }

  /// How many users are named.
  var count: Int { state.withLock { $0.users.count } }

  /// Takes in users as they are now, and returns the rights of those that were not known to have changed, by id. `now` is in
  /// milliseconds since 1970.
  func note(_ users: [User], now: Int64) -> [String: CurrentRights] {
    // A user who was only made has no older tokens.
    let changes = users.filter { $0.version > 1 }.map { user in
      RecentChanges<CurrentRights>.Change(
        id: user.id, version: user.version, moment: user.updatedAt.milliseconds, value: CurrentRights(user))
    }
    return state.withLock { $0.users.note(changes, now: now) }
  }

  /// Takes in sessions that ended, and returns the ids of those that were not known to have. `now` is in milliseconds since
  /// 1970.
  func note(ended: [EndedSession], now: Int64) -> Set<String> {
    let changes = ended.map { session in
      RecentChanges<Void>.Change(id: session.id, moment: session.endedAt.milliseconds, value: ())
    }
    return Set(state.withLock { $0.sessions.note(changes, now: now) }.keys)
  }

  /// All changes up to `now` have been noted: those that no token can be older than are forgotten.
  func looked(now: Int64) {
    state.withLock { state in
      state.isReady = true
      state.users.forget(now: now)
      state.sessions.forget(now: now)
    }
  }

  /// Whether a verified token still says what its bearer may do.
  func verdict(on token: AccessToken) -> RightsVerdict {
    state.withLock { state in
      guard state.isReady else { return .unknown }
      let rights = state.users[token.principal.id]
      if rights?.isDisabled == true { return .disabled }
      if let session = token.session, state.sessions[session] != nil { return .ended }
      if let rights, rights.verdict(on: token.principal) != .current { return .outdated }
      let dropped = [rights == nil ? state.users.droppedUpTo : nil, state.sessions.droppedUpTo].compactMap(\.self).max()
      if let dropped, token.issuedAt * 1_000 <= dropped + Self.clockTolerance { return .outdated }
      return .current
    }
  }
}
