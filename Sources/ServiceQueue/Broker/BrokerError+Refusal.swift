extension BrokerError {
  /// A refusal with the sentence that goes with its code, and the state found where that is the reason.
  public static func refusal(_ code: Code, _ state: ServiceState? = nil) -> BrokerError {
    BrokerError(code, sentence(for: code, state), state: state)
  }

  private static func sentence(for code: Code, _ state: ServiceState?) -> String {
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
