import ServiceQueue

/// The one place where what Redis and the functions say becomes a `BrokerError`.
extension BrokerError {
  /// The refusal `["ERR", code, state]` of a function; nil for any other answer.
  init?(refusalIn reply: RedisReply) {
    guard let count = reply.count, count >= 2, reply.element(0, is: "ERR") else { return nil }
    let text = reply.text(1) ?? ""
    guard let code = Code(rawValue: text) else {
      self = .notUnderstood(text)
      return
    }
    let state = count > 2 ? reply.text(2).flatMap(ServiceState.init(rawValue:)) : nil
    self = .refusal(code, state)
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

  /// What Redis' errors begin with that are about its own state.
  static let redisRefusals: Set<String> = [
    "LOADING", "OOM", "MISCONF", "READONLY", "BUSY", "MASTERDOWN", "NOAUTH", "NOPERM", "NOREPLICAS", "CLUSTERDOWN",
  ]

  /// The one of those that an error of Redis begins with; nil for any other error.
  static func redisRefusal(_ text: String) -> String? {
    let code = String(text.prefix { $0 != " " })
    return redisRefusals.contains(code) ? code : nil
  }

  private init(redisError text: String) {
    switch Self.redisRefusal(text) {
    case let code?:
      self.init(.unavailable, "Redis refuses commands at present; nothing was changed, look to Redis (\(code))")
    case nil where text.hasPrefix("ERR Function not found"):
      self.init(.unavailable, "Redis does not have the Broker's functions and does not take them; nothing was changed")
    case nil:
      self.init(.internal, "Redis answered with an error that Usher does not expect: \(text.prefix(200))")
    }
  }

  static func notUnderstood(_ command: String) -> BrokerError {
    BrokerError(.internal, "Redis' answer to \(command) is not understood; is another version of Usher at work there?")
  }

  /// A service that is not there.
  static var nowhere: BrokerError { .refusal(.notFound) }

  static func outOfBounds(_ what: String) -> BrokerError { BrokerError(.invalidArgument, what) }
}
