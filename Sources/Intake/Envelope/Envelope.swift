import ServiceQueue

/// A message taken out of its wrapping: CloudEvents 1.0 as structured or binary JSON, or the bare data object.
///
/// - Structured: `content_type` is `application/cloudevents+json`; the body holds the attributes and `data`, or JSON in
///   `data_base64`.
/// - Binary: the attributes are headers with the prefix `cloudEvents:` or `cloudEvents_` (the AMQP binding's), or `ce-` or `ce_`;
///   the body is the data, `content_type` its type. It is told by a header `specversion` or `id` with such a prefix.
/// - Bare: anything else; the body is the data, the id is AMQP's `message_id`.
struct Envelope: Hashable, Sendable {
  /// Source and id, apart by a line feed; `amqp` and `message_id` for a bare message. At most 1,024 bytes.
  let idempotencyKey: String
  let data: JSONValue
  /// The event's attributes of these names; nil for a bare message.
  var source: String?
  var type: String?

  static let idempotencyKeyLimit = 1_024
  /// Ample for an event around data around `details`, whose own, smaller limit the draft checks.
  static let depthLimit = 32

  /// Types of content that a bare data object may have besides JSON: they say nothing of what it is, and clients set them when they
  /// are told nothing.
  private static let bareTypes: Set<String> = ["application/octet-stream", "text/plain"]

  /// Reads a delivery. Pure.
  ///
  /// - Parameter trace: told which trace the message says that it belongs to, also where it is refused: its own headers, and then
  ///   the attributes of the CloudEvent.
  static func open(
    _ delivery: Delivery, maximumBodyBytes: Int, trace: (TraceContext) -> Void = { _ in }
  ) throws(Rejection) -> Envelope {
    if let own = delivery.properties.trace { trace(own) }
    guard delivery.body.count <= maximumBodyBytes else {
      throw Rejection(.tooLarge, "the body has more than \(maximumBodyBytes) bytes")
    }
    let properties = delivery.properties
    if let encoding = properties.contentEncoding?.lowercased(), !["", "utf-8", "utf8", "identity"].contains(encoding) {
      throw Rejection(.unsupportedEncoding, "content_encoding must be absent or utf-8: send the body uncompressed")
    }
    let type = MediaType(properties.contentType ?? "")
    guard type.isUTF8 else { throw Rejection(.unsupportedEncoding, "content_type: the charset must be utf-8") }
    if type.name.hasPrefix("application/cloudevents") { return try structured(delivery.body, type, trace) }
    if let attributes = try binaryAttributes(properties.headers, type, trace) {
      let key = try attributes.key()
      return Envelope(
        idempotencyKey: key, data: try parse(delivery.body), source: attributes.text("source"),
        type: attributes.text("type"))
    }
    guard type.isEmpty || type.isJSON || bareTypes.contains(type.name) else {
      throw Rejection(.unsupportedContentType, "content_type must be absent, application/json or a CloudEvent's")
    }
    guard let id = properties.messageID, !id.isEmpty else {
      throw Rejection(.missingID, "message_id: a bare data object needs AMQP's message_id, which makes it happen once")
    }
    return Envelope(
      idempotencyKey: try EventAttributes.key(source: "amqp", id: id), data: try parse(delivery.body))
  }

  // MARK: - Structured

  private static func structured(
    _ body: [UInt8], _ type: MediaType, _ trace: (TraceContext) -> Void
  ) throws(Rejection) -> Envelope {
    switch type.name {
    case "application/cloudevents+json": break
    case "application/cloudevents-batch+json":
      throw Rejection(.unsupportedContentType, "batches of CloudEvents are not taken: send one event a message")
    default: throw Rejection(.unsupportedContentType, "of CloudEvents' formats only JSON is taken")
    }
    let value = try parse(body)
    guard let event = value.object else {
      throw Rejection(.wrongType, "the event must be an object, not \(value.typeName)")
    }
    var attributes = EventAttributes()
    defer { if let said = attributes.trace { trace(said) } }
    var (data, base64): (JSONValue?, String?) = (nil, nil)
    for member in event.members {
      switch (member.name, member.value) {
      case ("data", _): data = member.value
      case (_, .null): break
      case ("data_base64", .string(let text)): base64 = text
      case ("data_base64", _):
        throw Rejection(.wrongType, "data_base64: must be a string, not \(member.value.typeName)")
      case (_, .string(let text)): try attributes.take(member.name, .text(text))
      case (_, .object), (_, .array):
        let name = EventAttributes.isKnown(member.name) ? member.name : "an extension"
        throw Rejection(.wrongType, "\(name): must not be \(member.value.typeName)")
      case (_, .number), (_, .bool): try attributes.take(member.name, .other(member.value.typeName))
      }
    }
    let key = try attributes.key()
    try checkContentType(attributes.text("datacontenttype"))
    switch (data, base64) {
    case (.some, .some): throw Rejection(.invalidValue, "data_base64: not together with data")
    case (.some(let data), nil):
      return Envelope(idempotencyKey: key, data: data, source: attributes.text("source"), type: attributes.text("type"))
    case (nil, .some(let text)):
      guard let bytes = Base64.standard.decode(text) else { throw Rejection(.invalidValue, "data_base64: not Base64") }
      return Envelope(
        idempotencyKey: key, data: try parse(bytes), source: attributes.text("source"), type: attributes.text("type"))
    case (nil, nil): throw Rejection(.missingField, "data: the event has none")
    }
  }

  // MARK: - Binary

  private static let prefixes = ["cloudevents:", "cloudevents_", "ce-", "ce_"]

  /// The attributes among AMQP's headers; nil when no header makes it an event.
  private static func binaryAttributes(
    _ headers: [MessageProperties.Header], _ type: MediaType, _ trace: (TraceContext) -> Void
  ) throws(Rejection) -> EventAttributes? {
    var found: [(name: String, value: MessageProperties.HeaderValue)] = []
    for header in headers {
      let start = header.name.prefix(12).lowercased()
      guard let prefix = prefixes.first(where: { start.hasPrefix($0) }) else { continue }
      found.append((header.name.dropFirst(prefix.count).lowercased(), header.value))
    }
    guard found.contains(where: { $0.name == "specversion" || $0.name == "id" }) else { return nil }
    var attributes = EventAttributes()
    defer { if let said = attributes.trace { trace(said) } }
    for (name, value) in found {
      guard let value = attribute(name, value) else { continue }
      try attributes.take(name, value)
    }
    // The binding has it in `content_type`; who has it in a header as well must not contradict.
    try checkContentType(attributes.text("datacontenttype"))
    guard type.isEmpty || type.isJSON else { throw notJSON }
    return attributes
  }

  /// A header in the type system of CloudEvents; nil for what says nothing.
  private static func attribute(
    _ name: String, _ value: MessageProperties.HeaderValue
  ) -> EventAttributes.Value? {
    switch value {
    case .text(let text): .text(text)
    case .bytes(let bytes):
      // Clients without a type for texts send them as bytes.
      String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .other("bytes")
    case .timestamp: .time
    // Milliseconds: what the type of AMQP 1.0 becomes where there is only AMQP 0-9-1.
    case .integer: name == "time" ? .time : .other("a number")
    case .boolean: .other("a boolean")
    case .double: .other("a number")
    case .list: .other("a list")
    case .table: .other("a table")
    case .void: nil
    }
  }

  // MARK: - Parts

  private static let notJSON = Rejection(
    .unsupportedContentType, "datacontenttype must be absent or application/json: the data are a JSON object")

  private static func checkContentType(_ text: String?) throws(Rejection) {
    guard let type = text.map(MediaType.init) else { return }
    guard type.isJSON else { throw notJSON }
    guard type.isUTF8 else { throw Rejection(.unsupportedEncoding, "datacontenttype: the charset must be utf-8") }
  }

  private static func parse(_ bytes: [UInt8]) throws(Rejection) -> JSONValue {
    do {
      return try JSONScanner.parse(bytes, limits: .init(bytes: bytes.count, depth: depthLimit))
    } catch {
      throw Rejection(error)
    }
  }
}
