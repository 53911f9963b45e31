import Logging
import ServiceQueue
import UserStore

/// Looks every second at which users changed: their older access tokens are refused from then on, the sockets of those who
/// were disabled end, and those whose rights changed are sent back to come with a new token.
///
/// While the user store cannot be reached nothing ends, and what was seen stays in force.
struct UserWatch: Sendable {
  let services: GatewayServices

  static let interval: Duration = .seconds(1)

  /// Until cancelled.
  func run() async {
    var cursor = ChangeCursor(from: services.clock.milliseconds() - services.rights.memory)
    var isFailing = false
    while !Task.isCancelled {
      do {
        try await look(&cursor)
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
  func look(_ cursor: inout ChangeCursor) async throws(UserStoreError) {
    let now = services.clock.milliseconds()
    var next: ChangeCursor.Place? = cursor.first(now: now)
    while let place = next {
      let page = try await services.accounts.users(
        changedSince: Timestamp(milliseconds: place.moment), after: place.id)
      await services.apply(page)
      next = cursor.seen(page, now: now)
    }
    services.rights.looked(now: now)
  }
}

extension GatewayServices {
  /// Users are as given now: makes older tokens, and sockets opened with them, follow.
  func apply(_ users: [User]) async {
    let changed = rights.note(users, now: clock.milliseconds())
    guard !changed.isEmpty else { return }
    for connection in connections.all { await connection.rightsChanged(changed) }
  }
}
