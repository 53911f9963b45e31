/// A message as RabbitMQ delivered it, copied out of the library.
struct Delivery: Hashable, Sendable {
  /// Counts the channel's deliveries from 1.
  var tag: UInt64
  var isRedelivered = false
  var exchange: String
  var routingKey: String
  var properties: MessageProperties
  var body: [UInt8]
}

/// The properties and headers that Usher reads, or keeps when it dead-letters.
struct MessageProperties: Hashable, Sendable {
  enum HeaderValue: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
  }

  struct Header: Hashable, Sendable {
    var name: String
    var value: HeaderValue
  }

  var contentType: String?
  var contentEncoding: String?
  var messageID: String?
  var correlationID: String?
  var type: String?
  var appID: String?
  var timestamp: UInt64?
  /// Texts, whole numbers and truth values; headers of other types are left out.
  var headers: [Header] = []

  /// The text of a header; nil when it is absent or no text.
  func text(_ name: String) -> String? {
    for header in headers where header.name == name {
      if case .text(let text) = header.value { return text }
    }
    return nil
  }
}

/// The server's word on what was published.
struct Confirm: Hashable, Sendable {
  /// The number of the publication, from 1, or of the last of several.
  var number: UInt64
  var isMultiple: Bool
  var isPositive: Bool
}
