import ServiceQueue

// What a dead letter says of itself, in its headers: written by the consumer, read by whoever looks after the dead letters.

private enum HeaderName {
  static let own = "x-usher-"
  static let id = "x-usher-dead-letter-id"
  static let reason = "x-usher-reason"
  static let detail = "x-usher-detail"
  static let at = "x-usher-at"
  static let exchange = "x-usher-exchange"
  static let routingKey = "x-usher-routing-key"
  static let redeliveries = "x-usher-redeliveries"
  /// RabbitMQ's own.
  static let death = "x-death"
  static let firstReason = "x-first-death-reason"
  static let firstExchange = "x-first-death-exchange"
  static let deliveryCount = "x-delivery-count"

  /// True for what a message is given on its way to the dead letters, and loses on its way back.
  static func isOfDeath(_ name: String) -> Bool {
    name.hasPrefix(own) || name == death || name.hasPrefix("x-first-death-") || name.hasPrefix("x-last-death-")
      || name == deliveryCount
  }
}

extension MessageProperties {
  /// A header; nil when it is absent. The first, where there are several of one name.
  fileprivate func header(_ name: String) -> HeaderValue? { headers.first { $0.name == name }?.value }

  fileprivate func integer(_ name: String) -> Int? {
    if case .integer(let number) = header(name) { Int(clamping: number) } else { nil }
  }

  /// The properties that the message has among the dead letters: its own, and why it lies there.
  func deadLettered(
    _ rejection: Rejection, id: String, at: Timestamp, exchange: String, routingKey: String
  ) -> MessageProperties {
    var properties = withoutDeath
    let texts: KeyValuePairs = [
      HeaderName.id: id, HeaderName.reason: rejection.reason.rawValue,
      HeaderName.detail: String(rejection.detail.prefix(500)), HeaderName.at: at.description,
      HeaderName.exchange: exchange, HeaderName.routingKey: routingKey,
    ]
    properties.headers += texts.map { Header(name: $0, value: .text($1)) }
    let redeliveries = Int64(integer(HeaderName.deliveryCount) ?? 0)
    properties.headers.append(Header(name: HeaderName.redeliveries, value: .integer(redeliveries)))
    return properties
  }

  /// The properties as the producer gave them.
  var withoutDeath: MessageProperties {
    var properties = self
    properties.headers.removeAll { HeaderName.isOfDeath($0.name) }
    return properties
  }
}

extension DeadLetter {
  /// Reads a delivery from the dead letters. Pure. Whatever its headers say, it is a letter.
  init(_ delivery: Delivery) {
    let properties = delivery.properties
    let death = Self.death(properties)
    let reason = [properties.text(HeaderName.reason), properties.text(HeaderName.firstReason), death.text("reason")]
      .compactMap { $0 }.first { DeadLetterFilter.isReason($0) }
    let exchange =
      properties.text(HeaderName.exchange) ?? properties.text(HeaderName.firstExchange) ?? death.text("exchange")
    var moment = properties.text(HeaderName.at).flatMap { Timestamp(rfc3339: $0) }
    if moment == nil, case .timestamp(let seconds) = death.header("time"), seconds < 1 << 40 {
      moment = Timestamp(milliseconds: Int64(seconds) * 1_000)
    }
    self.init(
      id: properties.text(HeaderName.id).flatMap(DeadLetterID.init) ?? Self.derivedID(delivery, death),
      reason: reason ?? "unknown", detail: properties.text(HeaderName.detail), at: moment, exchange: exchange,
      routingKey: properties.text(HeaderName.routingKey) ?? delivery.routingKey, messageID: properties.messageID,
      contentType: properties.contentType, size: delivery.body.count,
      redeliveries: properties.integer(HeaderName.redeliveries))
  }

  /// What RabbitMQ says of the first time that it gave the message up: the last of the list.
  private static func death(_ properties: MessageProperties) -> MessageProperties {
    guard case .list(let deaths) = properties.header(HeaderName.death), case .table(let headers) = deaths.last else {
      return MessageProperties()
    }
    return MessageProperties(headers: headers)
  }

  /// Of what stays the same while the letter lies there.
  private static func derivedID(_ delivery: Delivery, _ death: MessageProperties) -> DeadLetterID {
    var time = ""
    if case .timestamp(let seconds) = death.header("time") { time = String(seconds) }
    let texts = [delivery.exchange, delivery.routingKey, delivery.properties.messageID ?? "", time]
    return DeadLetterID(of: texts.map { Array($0.utf8) } + [delivery.body])
  }
}

extension DeadLetterContent {
  /// Reads a delivery from the dead letters with what its producer wrote.
  init(_ delivery: Delivery) {
    self.init(
      letter: DeadLetter(delivery),
      headers: delivery.properties.withoutDeath.headers.map { ($0.name, $0.value.display) },
      body: Array(delivery.body.prefix(DeadLetterLimits.bodyBytes)))
  }
}

extension MessageProperties.HeaderValue {
  /// For people.
  fileprivate var display: String {
    switch self {
    case .text(let text): text
    case .integer(let number): String(number)
    case .boolean(let value): String(value)
    case .double(let number): String(number)
    case .bytes(let bytes): Base64.standard.encode(bytes)
    case .timestamp(let seconds): String(seconds)
    case .list(let values): "[" + values.map(\.display).joined(separator: ", ") + "]"
    case .table(let headers): "{" + headers.map { "\($0.name): \($0.value.display)" }.joined(separator: ", ") + "}"
    case .void: ""
    }
  }
}
