import ServiceQueue

extension WireErrorCode {
  init(_ code: BrokerError.Code) {
    switch code {
    case .unknownQueue: self = .unknownQueue
    case .notFound: self = .notFound
    case .queueEmpty: self = .queueEmpty
    case .illegalTransition: self = .illegalTransition
    case .staleFence: self = .staleFence
    case .notOwner: self = .notOwner
    case .versionMismatch: self = .versionMismatch
    case .badTarget: self = .badTarget
    case .idempotencyKeyReused: self = .idempotencyKeyReused
    case .invalidArgument: self = .invalidArgument
    case .queuePaused: self = .queuePaused
    case .queueDraining: self = .queueDraining
    case .atCapacity: self = .atCapacity
    case .missingSkill: self = .missingSkill
    case .reinstateExpired: self = .reinstateExpired
    case .overloaded: self = .overloaded
    case .unavailable: self = .unavailable
    case .outcomeUnknown: self = .outcomeUnknown
    case .internal: self = .internal
    }
  }

  /// Nil for a code of a newer version.
  var domain: BrokerError.Code? {
    switch self {
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
    case .unspecified, .UNRECOGNIZED: nil
    }
  }
}

extension WireError {
  init(_ error: BrokerError) {
    self.init()
    code = WireErrorCode(error.code)
    message = error.message
    if let found = error.state { state = WireServiceState(found) }
    mayHaveHappened = !error.changedNothing
  }

  /// A code of a newer version becomes `outcomeUnknown` or, if nothing can have happened, `unavailable`: what the caller must
  /// know first is whether to look.
  var domain: BrokerError {
    guard let code = code.domain else {
      return BrokerError(
        mayHaveHappened ? .outcomeUnknown : .unavailable,
        "The broker answers with an error that is not known here: \(message)")
    }
    return BrokerError(code, message, state: hasState ? try? state.domain() : nil)
  }
}
