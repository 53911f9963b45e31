/// The written bounds of what is done with dead letters.
public enum DeadLetterLimits {
  /// Letters that one operation looks at.
  public static let scan = 10_000
  /// Letters that a list has.
  public static let list = 1_000
  /// Letters that one operation takes by their ids.
  public static let ids = 1_000
  /// Bytes of a body that are shown.
  public static let bodyBytes = 262_144
  /// Letters that an outcome names one by one, of those that could not be sent.
  public static let named = 100
}

/// Which dead letters are meant: those that meet every condition; all of them where there is none.
public struct DeadLetterFilter: Hashable, Sendable {
  /// Only these; at most `DeadLetterLimits.ids`.
  public var ids: Set<DeadLetterID>?
  /// Only those with this reason.
  public var reason: String?
  /// Only those whose routing key, `service.QUEUE.KIND`, names this queue.
  public var queue: QueueName?

  /// All of them, unless it is said which.
  public init(ids: Set<DeadLetterID>? = nil, reason: String? = nil, queue: QueueName? = nil) {
    self.ids = ids
    self.reason = reason
    self.queue = queue
  }

  /// True when the letter meets every condition. Pure.
  public func matches(_ letter: DeadLetter) -> Bool {
    if let ids, !ids.contains(letter.id) { return false }
    if let reason, letter.reason != reason { return false }
    guard let queue else { return true }
    let parts = letter.routingKey.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count > 1 && parts[0] == "service" && parts[1] == queue.rawValue
  }

  /// True for what can be a reason: 1 to 64 of a-z, 0-9, `_` and `-`.
  public static func isReason(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
      }
  }
}

/// Dead letters, the oldest first.
public struct DeadLetterPage: Hashable, Sendable {
  /// Those that match, at most as many as were asked for.
  public let letters: [DeadLetter]
  /// How many lie there in all, whether they match or not.
  public let total: Int
  /// False where further letters may match: behind the limit, behind the `DeadLetterLimits.scan` that were looked at, or because
  /// time ran out.
  public let isComplete: Bool

  /// A page.
  public init(letters: [DeadLetter], total: Int, isComplete: Bool) {
    self.letters = letters
    self.total = total
    self.isComplete = isComplete
  }
}

/// What an operation did.
public struct DeadLetterOutcome: Hashable, Sendable {
  /// Letters that were sent again, or removed.
  public var done = 0
  /// Letters that match and could not be sent: no queue takes them any more, or where they came from is not known. They stay.
  public var unroutable = 0
  /// The first `DeadLetterLimits.named` of those.
  public var unroutableIDs: [DeadLetterID] = []
  /// Of the ids that were asked for: those that no letter has.
  public var missing: Set<DeadLetterID> = []
  /// Letters that lie there now, whether they match or not.
  public var remaining = 0
  /// False where further letters may match, as in `DeadLetterPage`: ask again.
  public var isComplete = true

  /// Nothing done.
  public init() {}
}

/// What can be done with messages that could not be understood, or were refused for good.
///
/// One operation at a time; an operation looks at `DeadLetterLimits.scan` letters at most, each time at others where there are more. A letter is at any moment in one of the queues at least, whatever ends meanwhile.
public protocol DeadLetters: Sendable {
  /// The oldest that match of those looked at, at most `limit`, 1 to `DeadLetterLimits.list`.
  func list(_ filter: DeadLetterFilter, limit: Int) async throws(DeadLetterError) -> DeadLetterPage
  /// One of them with its body; throws `notFound`.
  func show(_ id: DeadLetterID) async throws(DeadLetterError) -> DeadLetterContent
  /// Sends those that match where they first went; each leaves the dead letters when its message has been taken there.
  func requeue(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome
  /// Removes those that match, for good.
  func purge(_ filter: DeadLetterFilter) async throws(DeadLetterError) -> DeadLetterOutcome
}

/// Why nothing, or not all, was done with dead letters. Holds nothing of their content.
public struct DeadLetterError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// RabbitMQ cannot be reached or refuses; nothing was changed.
    case unavailable
    /// Somebody else is at the dead letters; nothing was changed.
    case busy
    /// No letter of that id among those that were looked at.
    case notFound = "not_found"
    /// It broke off after some were done: the message tells how many; the others lie there still.
    case interrupted
  }

  /// What went wrong.
  public let code: Code
  /// What went wrong and what to do, for people.
  public let message: String

  /// An error with its code and a message that says what to do.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Code and message.
  public var description: String { "\(code.rawValue): \(message)" }
}
