import Logging
import ServiceQueue
import UserStore

/// Ends the sockets of users who were disabled, and makes those come back whose rights changed, within a second or so.
struct UserWatch: Sendable {
  let services: GatewayServices

  /// How far back each look goes beyond the last: changes become visible in another order than they were made.
  static let overlap: Int64 = 5_000

  /// Until cancelled. While the user store cannot be reached nothing is ended.
  func run() async {
    var since = Timestamp(milliseconds: services.clock.milliseconds() - Self.overlap)
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(1))
      guard services.connections.count > 0 else {
        since = Timestamp(milliseconds: services.clock.milliseconds() - Self.overlap)
        continue
      }
      let now = services.clock.milliseconds()
      guard let changed = try? await services.accounts.users(changedSince: since), !Task.isCancelled else { continue }
      since = Timestamp(milliseconds: now - Self.overlap)
      for user in changed {
        for connection in services.connections.all {
          await connection.userChanged(id: user.id, to: user.isDisabled ? nil : user.principal)
        }
      }
    }
  }
}
