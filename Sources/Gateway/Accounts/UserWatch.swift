import Logging
import ServiceQueue
import UserStore

/// Looks twice a second at which users changed and which sessions ended: older access tokens are refused from then on, the
/// sockets of those who were disabled or signed out end, and those whose rights changed are sent back to come with a new
/// token.
///
/// While the user store cannot be reached nothing ends, and what was seen stays in force.
struct UserWatch: Sendable {
  let services: GatewayServices

  /// So that a change acts on every node within a second, the look itself and the way to the sockets included.
  static let interval: Duration = .milliseconds(500)

  /// How far the changes of users and of sessions have been seen.
  struct Cursors: Hashable, Sendable {
    var users: ChangeCursor
    var sessions: ChangeCursor

    init(from start: Int64) {
      users = ChangeCursor(from: start)
      sessions = ChangeCursor(from: start)
    }
  }

  /// Until cancelled.
  func run() async {
    var cursors = Cursors(from: services.clock.milliseconds() - services.rights.memory)
    var isFailing = false
    while !Task.isCancelled {
      do {
        try await look(&cursors)
        if isFailing { services.logger.info("changes of users are seen again") }
        isFailing = false
      } catch {
        if !isFailing, !Task.isCancelled {
          services.logger.warning("changes of users cannot be seen; those seen stay in force; trying on")
        }
        isFailing = true
      }
      try? await Task.sleep(for: Self.interval)
    }
  }

  /// All pages of changes up to now.
  func look(_ cursors: inout Cursors) async throws(UserStoreError) {
    let now = services.clock.milliseconds()
    var next: ChangeCursor.Place? = cursors.users.first(now: now)
    while let place = next {
      let page = try await services.stores.accounts.users(
        changedSince: Timestamp(milliseconds: place.moment), after: place.id)
      await services.apply(page)
      next = cursors.users.seen(
        page.count, upTo: page.last.map { .init(moment: $0.updatedAt.milliseconds, id: $0.id) }, now: now)
    }
    next = cursors.sessions.first(now: now)
    while let place = next {
      let page = try await services.stores.accounts.sessions(
        endedSince: Timestamp(milliseconds: place.moment), after: place.id)
      await services.end(page)
      next = cursors.sessions.seen(
        page.count, upTo: page.last.map { .init(moment: $0.endedAt.milliseconds, id: $0.id) }, now: now)
    }
    services.rights.looked(now: now)
  }
}

extension GatewayServices {
  /// Users are as given now: makes older tokens, and sockets opened with them, follow.
  func apply(_ users: [User]) async {
    let changed = rights.note(users, now: clock.milliseconds())
    guard !changed.isEmpty else { return }
    for connection in connections.of(users: Set(changed.keys)) { await connection.rightsChanged(changed) }
  }

  /// These sessions are over: refuses their tokens, and ends the sockets that were opened with them.
  func end(_ sessions: [EndedSession]) async {
    let ended = rights.note(ended: sessions, now: clock.milliseconds())
    guard !ended.isEmpty else { return }
    for connection in connections.of(sessions: ended) { await connection.sessionsEnded(ended) }
  }
}
