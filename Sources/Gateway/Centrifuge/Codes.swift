import ServiceQueue

/// An error of the protocol in a reply. `temporary` tells the SDK that trying again may help: it then does so by itself with
/// connect, refresh and subscribe, while an error that is not temporary is the end of what was tried.
struct ReplyError: Error, Hashable, Sendable {
  let code: UInt32
  let message: String
  var temporary = false

  /// There is no such queue.
  static let unknownChannel = ReplyError(code: 102, message: "unknown channel")
  /// The user's level or queues do not allow it.
  static let permissionDenied = ReplyError(code: 103, message: "permission denied")
  /// On this connection.
  static let alreadySubscribed = ReplyError(code: 105, message: "already subscribed")
  /// Too many channels on one connection.
  static let limitExceeded = ReplyError(code: 106, message: "limit exceeded")
  /// The command asks for what it cannot mean.
  static let badRequest = ReplyError(code: 107, message: "bad request")
  /// Usher does not offer it.
  static let notAvailable = ReplyError(code: 108, message: "not available")
  /// The SDK gets a new token and connects again, though it is not temporary.
  static let tokenExpired = ReplyError(code: 109, message: "token expired")
  /// Too many commands under way.
  static let tooManyRequests = ReplyError(code: 111, message: "too many requests", temporary: true)
  /// The stream does not reach back to that position, or had another epoch then.
  static let unrecoverablePosition = ReplyError(code: 112, message: "unrecoverable position")
}

extension ReplyError {
  /// Usher's own error: the code for programs first in the message, `illegal_transition: the service is completed`.
  init(_ error: GatewayError) {
    let row = error.code.row
    let state = error.state.map { " (state: \($0.rawValue))" } ?? ""
    self.init(code: row.rpc, message: "\(error.code.rawValue): \(error.message)\(state)", temporary: row.temporary)
  }
}

/// Why the server ends a connection: the WebSocket's close code and reason, and what an event stream's last event says. What
/// the client's SDK does then is in the code: from 3500 to 3999 it stays away until its application connects again, otherwise
/// it reconnects by itself, sooner or later, and recovers its subscriptions.
struct Disconnect: Hashable, Sendable {
  let code: UInt16
  let reason: String

  // It reconnects.

  /// The server goes down.
  static let shutdown = Disconnect(code: 3001, reason: "shutdown")
  /// Too much is asked of the server at once.
  static let serverError = Disconnect(code: 3004, reason: "internal server error")
  /// The token ended and the client did not refresh it, or came too late with another that had ended too. Connecting with it
  /// is answered by error 109, for which the SDK gets a new one.
  static let expired = Disconnect(code: 3005, reason: "connection expired")
  /// The client takes less than it is sent: it comes back and gets what it missed, or a snapshot.
  static let slow = Disconnect(code: 3008, reason: "slow")
  /// The user's rights changed: the client comes back with a token that says the new ones, by way of error 109.
  static let forceReconnect = Disconnect(code: 3011, reason: "force reconnect")
  /// The last ping was not answered.
  static let noPong = Disconnect(code: 3012, reason: "no pong")

  // It stays away.

  /// Not a token of this server, or that of another user than the connection's.
  static let invalidToken = Disconnect(code: 3500, reason: "invalid token")
  /// The session was ended by logout, a new password, or the reuse of a refresh token: there is no other token to come back
  /// with, so the code is that of a token that is no good.
  static let sessionEnded = Disconnect(code: 3500, reason: "session ended")
  /// What came was no commands of the protocol, or came when it may not: before or after connect.
  static let badRequest = Disconnect(code: 3501, reason: "bad request")
  /// Nobody connected in time.
  static let stale = Disconnect(code: 3502, reason: "stale")
  /// The user was disabled.
  static let forceNoReconnect = Disconnect(code: 3503, reason: "force disconnect")
  /// The user has as many connections as it may.
  static let connectionLimit = Disconnect(code: 3504, reason: "connection limit")
  /// The client went on sending after its commands were refused with 111: it would do the same in its next connection, so it
  /// is not to come back by itself.
  static let tooManyErrors = Disconnect(code: 3509, reason: "too many errors")

  // RFC 6455's own; the SDK reconnects.

  /// The server goes away; for sockets on which the protocol was not spoken, and for what a shutdown left over.
  static let goingAway = Disconnect(code: 1001, reason: "shutdown")
}

/// Why the server ends a subscription. From 2500 on the SDK subscribes again, with recovery; below it, and after an error in
/// the reply that is not temporary, it leaves that to its application.
struct Unsubscribe: Hashable, Sendable {
  let code: UInt32
  let reason: String

  /// Events are missing here: the client gets them by recovery, or a snapshot.
  static let insufficientState = Unsubscribe(code: 2500, reason: "insufficient state")
}
