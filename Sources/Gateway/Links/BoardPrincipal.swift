import ServiceQueue
import UserStore

/// Whoever comes by a display's link: a viewer of one queue, and no user. Its id has a form that no user's id has, so that nothing takes
/// it for one; its tokens name the link as their session, so that they and their sockets end with it as with any session.
extension Principal {
  private static let boardPrefix = "board:"

  /// The display that a link lets in.
  static func board(_ link: BoardLink) -> Principal {
    Principal(id: boardPrefix + link.id, name: "board", level: .viewer, queues: [link.queue])
  }

  /// False of a display.
  var isUser: Bool { !id.hasPrefix(Self.boardPrefix) }
}

extension Exchange {
  /// The access token of the user who asks, for what is about users; throws as `principal` does, and `forbidden` to a display.
  func userToken() throws(GatewayError) -> AccessToken {
    let token = try token()
    guard token.principal.isUser else { throw GatewayError(.forbidden, "a link to a board is no user") }
    return token
  }
}
