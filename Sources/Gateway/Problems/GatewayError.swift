import ServiceQueue
import UserStore

/// Why the Gateway did not do as asked, the same for both doors: REST writes it as problem+json, the WebSocket as a
/// reply's error. Its table of codes is the only place where either form is decided.
struct GatewayError: Error, Hashable, Sendable {
  /// What went wrong, for programs. The raw value is the last part of the problem's type URI.
  enum Code: String, Hashable, Sendable, CaseIterable {
    case malformedJSON = "malformed_json"
    case unknownMember = "unknown_member"
    case invalidArgument = "invalid_argument"
    case unauthorized
    case tokenExpired = "token_expired"
    case invalidCredentials = "invalid_credentials"
    case disabled
    case noAccessLevel = "no_access_level"
    case forbidden
    case notFound = "not_found"
    case unknownQueue = "unknown_queue"
    case methodNotAllowed = "method_not_allowed"
    case unknownMethod = "unknown_method"
    case queueEmpty = "queue_empty"
    case illegalTransition = "illegal_transition"
    case staleFence = "stale_fence"
    case notOwner = "not_owner"
    case usernameTaken = "username_taken"
    case weakPassword = "weak_password"
    case tokenInvalid = "token_invalid"
    case lastAdministrator = "last_administrator"
    case versionMismatch = "version_mismatch"
    case eventsGone = "events_gone"
    case payloadTooLarge = "payload_too_large"
    case uriTooLong = "uri_too_long"
    case headersTooLarge = "headers_too_large"
    case notAcceptable = "not_acceptable"
    case requestTimeout = "request_timeout"
    case unsupportedMediaType = "unsupported_media_type"
    case badTarget = "bad_target"
    case idempotencyKeyReused = "idempotency_key_reused"
    case requestInProgress = "request_in_progress"
    case queuePaused = "queue_paused"
    case queueDraining = "queue_draining"
    case atCapacity = "at_capacity"
    case missingSkill = "missing_skill"
    case reinstateExpired = "reinstate_expired"
    case upgradeRequired = "upgrade_required"
    case tooManyRequests = "too_many_requests"
    case overloaded
    case unavailable
    case outcomeUnknown = "outcome_unknown"
    case `internal`
  }

  /// What went wrong.
  let code: Code
  /// What went wrong and what to do, for people; never personal data.
  let message: String
  /// The state the service was found in, where that is the reason.
  var state: ServiceState?
  /// The methods a route has, for `methodNotAllowed`.
  var allow: [String] = []
  /// When to try again, in seconds, where that helps.
  var retryAfter: Int?

  init(_ code: Code, _ message: String, state: ServiceState? = nil, retryAfter: Int? = nil) {
    self.code = code
    self.message = message
    self.state = state
    self.retryAfter = retryAfter ?? code.defaultRetryAfter
  }

  /// Nothing is told of what went wrong inside; the log has it.
  static let `internal` = GatewayError(.internal, "something went wrong in the server")
  static let notFound = GatewayError(.notFound, "there is no such service, or none that you may see")
  static let forbidden = GatewayError(.forbidden, "your access level or your queues do not allow this")
}

extension GatewayError {
  /// The Broker's reason, as clients see it.
  init(_ error: BrokerError) {
    let code: Code =
      switch error.code {
      case .unknownQueue: .unknownQueue
      case .notFound: .notFound
      case .queueEmpty: .queueEmpty
      case .illegalTransition: .illegalTransition
      case .staleFence: .staleFence
      case .notOwner: .notOwner
      case .versionMismatch: .versionMismatch
      case .badTarget: .badTarget
      case .idempotencyKeyReused: .idempotencyKeyReused
      case .invalidArgument: .invalidArgument
      case .queuePaused: .queuePaused
      case .queueDraining: .queueDraining
      case .atCapacity: .atCapacity
      case .missingSkill: .missingSkill
      case .reinstateExpired: .reinstateExpired
      case .overloaded: .overloaded
      case .unavailable: .unavailable
      case .outcomeUnknown: .outcomeUnknown
      case .internal: .internal
      }
    // What there is not, and what one may not know of, are told in the same words.
    self = code == .notFound ? .notFound : GatewayError(code, error.message, state: error.state)
  }

  /// The user store's reason, as clients see it.
  init(_ error: UserStoreError) {
    let code: Code =
      switch error.code {
      case .unavailable: .unavailable
      case .overloaded: .overloaded
      case .outcomeUnknown: .outcomeUnknown
      case .notFound: .notFound
      case .usernameTaken: .usernameTaken
      case .versionMismatch: .versionMismatch
      case .invalidCredentials: .invalidCredentials
      case .disabled: .disabled
      case .tokenReuse, .tokenInvalid: .unauthorized
      case .weakPassword: .weakPassword
      case .throttled: .tooManyRequests
      case .invitationInvalid, .linkInvalid: .tokenInvalid
      case .limitReached: .atCapacity
      case .lastAdministrator: .lastAdministrator
      case .invalidArgument: .invalidArgument
      case .internal: .internal
      }
    self.init(code, error.message, retryAfter: error.retryAfter)
  }

  /// Why nothing was done with dead letters, as clients see it.
  init(_ error: DeadLetterError) {
    let code: Code =
      switch error.code {
      case .unavailable: .unavailable
      case .busy: .overloaded
      case .notFound: .notFound
      case .interrupted: .outcomeUnknown
      }
    self.init(code, error.message)
  }

  /// Where the document stopped being JSON.
  init(_ error: JSONError) {
    self.init(
      error.code == .tooLarge ? .payloadTooLarge : .malformedJSON,
      "the body is not acceptable JSON at byte \(error.offset): \(error.code.rawValue)")
  }

  /// Any error, for a door that must answer something.
  init(any error: any Error) {
    switch error {
    case let error as GatewayError: self = error
    case let error as BrokerError: self.init(error)
    case let error as UserStoreError: self.init(error)
    case let error as DeadLetterError: self.init(error)
    case let error as JSONError: self.init(error)
    case is CancellationError: self.init(.unavailable, "the server is shutting down")
    default: self = .internal
    }
  }
}
