/// How each error looks at each door.
///
/// | column | meaning |
/// |---|---|
/// | status | HTTP status of the problem |
/// | title | the problem's title, the same for every occurrence |
/// | rpc | the code in a Centrifuge reply's error; below 400 the protocol's own, from 400 on Usher's |
/// | temporary | in a Centrifuge error: trying again may help |
extension GatewayError.Code {
  /// A row of the table.
  struct Row: Sendable {
    let status: Int
    let title: String
    let rpc: UInt32
    let temporary: Bool

    init(_ status: Int, _ title: String, rpc: UInt32, temporary: Bool = false) {
      self.status = status
      self.title = title
      self.rpc = rpc
      self.temporary = temporary
    }
  }

  var row: Row {
    switch self {
    case .malformedJSON: Row(400, "Malformed JSON", rpc: 107)
    case .unknownMember: Row(400, "Unknown member", rpc: 401)
    case .invalidArgument: Row(400, "Invalid argument", rpc: 400)
    case .unauthorized: Row(401, "Not authenticated", rpc: 101)
    case .tokenExpired: Row(401, "Token expired", rpc: 109)
    case .invalidCredentials: Row(401, "Invalid credentials", rpc: 101)
    case .tokenInvalid: Row(401, "Token invalid", rpc: 101)
    case .disabled: Row(403, "User disabled", rpc: 103)
    case .noAccessLevel: Row(403, "No access level", rpc: 103)
    case .forbidden: Row(403, "Forbidden", rpc: 103)
    case .notFound: Row(404, "Not found", rpc: 404)
    case .unknownQueue: Row(404, "Unknown queue", rpc: 440)
    case .methodNotAllowed: Row(405, "Method not allowed", rpc: 104)
    case .unknownMethod: Row(404, "Unknown method", rpc: 104)
    case .queueEmpty: Row(409, "Queue empty", rpc: 441)
    case .illegalTransition: Row(409, "Illegal transition", rpc: 409)
    case .staleFence: Row(409, "Stale fence", rpc: 442)
    case .notOwner: Row(403, "Not the owner", rpc: 403)
    case .missingSkill: Row(403, "Missing skill", rpc: 445)
    case .queuePaused: Row(409, "Queue paused", rpc: 446)
    case .queueDraining: Row(409, "Queue draining", rpc: 447)
    case .atCapacity: Row(409, "At capacity", rpc: 448)
    case .reinstateExpired: Row(409, "Reinstate expired", rpc: 449)
    case .usernameTaken: Row(409, "User name taken", rpc: 444)
    case .lastAdministrator: Row(409, "Last administrator", rpc: 450)
    case .weakPassword: Row(422, "Weak password", rpc: 451)
    case .versionMismatch: Row(412, "Version mismatch", rpc: 412)
    case .eventsGone: Row(410, "Events gone", rpc: 112)
    case .requestTimeout: Row(408, "Request timeout", rpc: 107)
    case .payloadTooLarge: Row(413, "Payload too large", rpc: 413)
    case .uriTooLong: Row(414, "URI too long", rpc: 414)
    case .headersTooLarge: Row(431, "Header fields too large", rpc: 431)
    case .notAcceptable: Row(406, "Not acceptable", rpc: 406)
    case .unsupportedMediaType: Row(415, "Unsupported media type", rpc: 415)
    case .badTarget: Row(422, "Bad target", rpc: 443)
    case .idempotencyKeyReused: Row(422, "Idempotency key reused", rpc: 422)
    case .requestInProgress: Row(409, "Request in progress", rpc: 460, temporary: true)
    case .upgradeRequired: Row(426, "Upgrade required", rpc: 107)
    case .tooManyRequests: Row(429, "Too many requests", rpc: 111, temporary: true)
    case .overloaded: Row(503, "Overloaded", rpc: 111, temporary: true)
    case .unavailable: Row(503, "Unavailable", rpc: 503, temporary: true)
    case .outcomeUnknown: Row(504, "Outcome unknown", rpc: 504, temporary: true)
    case .internal: Row(500, "Internal error", rpc: 100, temporary: true)
    }
  }

  /// Seconds for Retry-After, where waiting is the remedy.
  var defaultRetryAfter: Int? {
    switch self {
    case .tooManyRequests, .overloaded, .unavailable, .outcomeUnknown, .requestInProgress: 1
    default: nil
    }
  }
}
