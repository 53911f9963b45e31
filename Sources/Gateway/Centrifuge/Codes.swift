import ServiceQueue

/// An error of the protocol in a reply. `temporary` tells the SDK that trying again may help.
struct ReplyError: Error, Hashable, Sendable {
  let code: UInt32
  let message: String
  var temporary = false

  static let unknownChannel = ReplyError(code: 102, message: "unknown channel")
  static let permissionDenied = ReplyError(code: 103, message: "permission denied")
  static let alreadySubscribed = ReplyError(code: 105, message: "already subscribed")
  static let limitExceeded = ReplyError(code: 106, message: "limit exceeded")
  static let notAvailable = ReplyError(code: 108, message: "not available")
  static let tokenExpired = ReplyError(code: 109, message: "token expired")
  static let tooManyRequests = ReplyError(code: 111, message: "too many requests", temporary: true)
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

/// Why the server ends a connection: the WebSocket's close code and reason. Below 3500 the SDK reconnects; from 3500 on
/// it stays away.
struct Disconnect: Hashable, Sendable {
  let code: UInt16
  let reason: String

  static let shutdown = Disconnect(code: 3001, reason: "shutdown")
  static let serverError = Disconnect(code: 3004, reason: "internal server error")
  static let expired = Disconnect(code: 3005, reason: "connection expired")
  static let slow = Disconnect(code: 3008, reason: "slow")
  static let insufficientState = Disconnect(code: 3010, reason: "insufficient state")
  static let forceReconnect = Disconnect(code: 3011, reason: "force reconnect")
  static let noPong = Disconnect(code: 3012, reason: "no pong")
  static let invalidToken = Disconnect(code: 3500, reason: "invalid token")
  static let badRequest = Disconnect(code: 3501, reason: "bad request")
  static let stale = Disconnect(code: 3502, reason: "stale")
  static let forceNoReconnect = Disconnect(code: 3503, reason: "force disconnect")
  static let notAvailable = Disconnect(code: 3508, reason: "not available")
  /// RFC 6455: the client broke the WebSocket protocol.
  static let protocolError = Disconnect(code: 1002, reason: "protocol error")
  /// RFC 6455: the message is longer than the server takes.
  static let messageTooBig = Disconnect(code: 1009, reason: "message too big")
}

/// Why the server ends a subscription. From 2500 on the SDK subscribes again, with recovery.
struct Unsubscribe: Hashable, Sendable {
  let code: UInt32
  let reason: String

  static let insufficientState = Unsubscribe(code: 2500, reason: "insufficient state")
}
