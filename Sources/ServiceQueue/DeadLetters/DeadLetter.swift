/// Names a dead letter for as long as it lies there: a UUID, which Usher writes when it dead-letters a message, or which follows
/// from the message where RabbitMQ did so by itself. Two letters of the second kind that are the same in all share one.
public struct DeadLetterID: Hashable, Sendable, CustomStringConvertible {
  /// 36 characters, lower case.
  public let rawValue: String

  /// Nil when `text` is not a UUID in canonical form. Upper case is folded.
  public init?(_ text: String) {
    guard let uuid = ServiceID(text) else { return nil }
    rawValue = uuid.rawValue
  }

  /// The id that follows from what a message is: a UUID of version 8 (RFC 9562) made of their SHA-1.
  public init(of parts: [[UInt8]]) {
    var message: [UInt8] = []
    for part in parts {
      // With its length before it: "a", "bc" are not "ab", "c".
      withUnsafeBytes(of: UInt64(part.count).bigEndian) { message.append(contentsOf: $0) }
      message.append(contentsOf: part)
    }
    let words = SHA1.words(message).map(UInt64.init)
    let high = (words[0] << 32 | words[1]) & 0xFFFF_FFFF_FFFF_0FFF | 0x8000
    let low = (words[2] << 32 | words[3]) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    rawValue = ServiceID(uuid: high, low).rawValue
  }

  /// The raw value.
  public var description: String { rawValue }
}

/// A message that could not be understood, or was refused for good; without its body, which may hold personal data.
public struct DeadLetter: Hashable, Sendable {
  /// What it is called.
  public let id: DeadLetterID
  /// Why it lies there, for programs: one of Usher's reasons, or RabbitMQ's own, such as `delivery_limit`; `unknown` where
  /// nobody said.
  public let reason: String
  /// The same for people: which field, never its content.
  public let detail: String?
  /// When it was given up; nil where nobody said.
  public let at: Timestamp?
  /// The exchange that it was first published to; nil where that is not known, and it cannot be sent there again.
  public let exchange: String?
  /// The routing key that it was first published with.
  public let routingKey: String
  /// What its producer calls it: AMQP's `message_id`.
  public let messageID: String?
  /// What its producer says it is.
  public let contentType: String?
  /// Bytes of the body.
  public let size: Int
  /// How often it had been delivered in vain before; nil where nobody said.
  public let redeliveries: Int?

  /// A letter with all of that.
  public init(
    id: DeadLetterID, reason: String, detail: String?, at: Timestamp?, exchange: String?, routingKey: String,
    messageID: String?, contentType: String?, size: Int, redeliveries: Int?
  ) {
    self.id = id
    self.reason = reason
    self.detail = detail
    self.at = at
    self.exchange = exchange
    self.routingKey = routingKey
    self.messageID = messageID
    self.contentType = contentType
    self.size = size
    self.redeliveries = redeliveries
  }
}

/// A dead letter with what its producer wrote, which may be personal.
public struct DeadLetterContent: Hashable, Sendable {
  /// The letter.
  public let letter: DeadLetter
  /// Its producer's headers, by name, as text.
  public let headers: [(name: String, value: String)]
  /// The body, at most `DeadLetterLimits.bodyBytes` of it.
  public let body: [UInt8]
  /// True where the body is longer.
  public var isTruncated: Bool { body.count < letter.size }

  /// A letter with its content.
  public init(letter: DeadLetter, headers: [(name: String, value: String)], body: [UInt8]) {
    self.letter = letter
    self.headers = headers
    self.body = body
  }

  /// By all of it.
  public static func == (a: DeadLetterContent, b: DeadLetterContent) -> Bool {
    a.letter == b.letter && a.body == b.body && a.headers.elementsEqual(b.headers) { $0 == $1 }
  }

  /// By the letter.
  public func hash(into hasher: inout Hasher) { hasher.combine(letter) }
}
