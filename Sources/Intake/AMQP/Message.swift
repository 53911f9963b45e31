/// A message as RabbitMQ delivered it, copied out of the library.
struct Delivery: Hashable, Sendable {
  /// Counts the channel's deliveries from 1.
  var tag: UInt64
  var isRedelivered = false
  var exchange: String
  var routingKey: String
  var properties: MessageProperties
  var body: [UInt8]

  /// About the bytes that it takes in memory.
  var weight: Int {
    properties.headers.reduce(body.count + 1_024) { sum, header in
      if case .text(let text) = header.value { sum + 64 + text.utf8.count } else { sum + 64 }
    }
  }
}

/// The properties and headers that Usher reads, or keeps when it dead-letters.
struct MessageProperties: Hashable, Sendable {
  enum HeaderValue: Hashable, Sendable {
    static let depthLimit = 8
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    case double(Double)
    case bytes([UInt8])
    /// In seconds since 1970, as AMQP 0-9-1 has it.
    case timestamp(UInt64)
    case list([HeaderValue])
    case table([Header])
    case void
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
  /// In their order. Lists and tables more than `HeaderValue.depthLimit` deep, and decimals, are left out.
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
