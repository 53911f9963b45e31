import ServiceQueue

/// The one place where what Redis and the functions say becomes a `BrokerError`.
extension BrokerError {
  /// The refusal `["ERR", code, state]` of a function; nil for any other answer.
  init?(refusalIn value: RedisValue) {
    guard case .array(let elements) = value, elements.count >= 2, case .string(let first) = elements[0],
      first.elementsEqual("ERR".utf8)
    else {
      return nil
    }
    let text = elements[1].text ?? ""
    guard let code = Code(rawValue: text) else {
      self = .notUnderstood(text)
      return
    }
    let state = elements.count > 2 ? elements[2].text.flatMap(ServiceState.init(rawValue:)) : nil
    self.init(code, Self.message(for: code, state: state), state: state)
  }

  init(_ failure: RedisFailure) {
    switch failure {
    case .refused(let text): self.init(redisError: text)
    case .unavailable(let reason):
      self.init(.unavailable, "Redis cannot be reached; nothing was changed, try again later (\(reason))")
    case .outcomeUnknown(let reason):
      self.init(
        .outcomeUnknown, "It may or may not have happened; repeat it under the same idempotency key (\(reason))")
    case .overloaded(let limit):
      self.init(.overloaded, "\(limit) commands are under way already; nothing was changed, try again later")
    }
  }

  private init(redisError text: String) {
    let code = text.prefix { $0 != " " }
    switch code {
    case "LOADING", "OOM", "MISCONF", "READONLY", "BUSY", "MASTERDOWN", "NOAUTH", "NOPERM", "NOREPLICAS", "CLUSTERDOWN":
      self.init(.unavailable, "Redis refuses commands at present; nothing was changed, look to Redis (\(code))")
    case _ where text.hasPrefix("ERR Function not found"):
      self.init(.unavailable, "Redis does not have the Broker's functions and does not take them; nothing was changed")
    default:
      self.init(.internal, "Redis answered with an error that Usher does not expect: \(text.prefix(200))")
    }
  }

  static func notUnderstood(_ command: String) -> BrokerError {
    BrokerError(.internal, "Redis' answer to \(command) is not understood; is another version of Usher at work there?")
  }

  /// A service that is not there.
  static var nowhere: BrokerError { BrokerError(.notFound, message(for: .notFound, state: nil)) }

  static func outOfBounds(_ what: String) -> BrokerError { BrokerError(.invalidArgument, what) }

  static func message(for code: Code, state: ServiceState?) -> String {
    switch code {
    case .unknownQueue: "There is no queue of that name"
    case .notFound: "There is no service of that id"
    case .queueEmpty: "No service waits in this queue that you have the skills for"
    case .illegalTransition: "The service is \(state?.rawValue ?? "in a state"), which does not allow this"
    case .staleFence: "The fence is not that of a claim that still holds; read the service and show its fence"
    case .notOwner: "The service is another user's"
    case .versionMismatch: "The service has changed since; read it again"
    case .badTarget:
      "There is no such place to go to; name another service of the queue that is in line, or another queue"
    case .idempotencyKeyReused: "The idempotency key was used for something else; make a new one for each command"
    case .invalidArgument: "An argument is out of its bounds"
    case .queuePaused: "The queue is paused: nothing can be claimed from it until it is resumed"
    case .queueDraining: "The queue is draining: it takes no new services; choose another queue"
    case .atCapacity: "You have as many services as you may have; end one, or put one on hold, first"
    case .missingSkill: "The service requires a skill that you do not have; claim another one"
    case .reinstateExpired: "The service is a no-show for too long to be reinstated; submit a new one"
    case .overloaded:
      "There is no room: too many services were moved to this place, or the queue has too many sets of required skills;"
        + " nothing was changed, choose another place or queue"
    case .unavailable, .outcomeUnknown, .internal: code.rawValue
    }
  }
}
