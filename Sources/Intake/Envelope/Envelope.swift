import ServiceQueue

/// A message taken out of its wrapping: CloudEvents 1.0 as structured or binary JSON, or the bare data object.
///
/// - Structured: `content_type` is `application/cloudevents+json`; the body holds the attributes and `data`, or JSON in
///   `data_base64`.
/// - Binary: the attributes are headers with the prefix `cloudEvents:` or `cloudEvents_` (the AMQP binding's), or `ce-` or `ce_`;
///   the body is the data. It is told by a header `specversion` or `id` with such a prefix.
/// - Bare: anything else; the body is the data, the id is AMQP's `message_id`.
struct Envelope: Hashable, Sendable {
  /// Source and id, apart by a line feed; `amqp` and `message_id` for a bare message. At most 1,024 bytes.
  let idempotencyKey: String
  let data: JSONValue

  static let idempotencyKeyLimit = 1_024
  /// Ample for an event around data around `details`, whose own, smaller limit the draft checks.
  static let depthLimit = 32

  /// Reads a delivery. Pure.
  static func open(_ delivery: Delivery, maximumBodyBytes: Int) throws(Rejection) -> Envelope {
    guard delivery.body.count <= maximumBodyBytes else {
      throw Rejection(.tooLarge, "the body has more than \(maximumBodyBytes) bytes")
    }
    let properties = delivery.properties
    if let encoding = properties.contentEncoding?.lowercased(), !["", "utf-8", "utf8", "identity"].contains(encoding) {
      throw Rejection(.unsupportedEncoding, "content_encoding must be absent or utf-8: send the body uncompressed")
    }
    let contentType = mediaType(properties.contentType ?? "")
    guard contentType != "application/cloudevents-batch+json" else {
      throw Rejection(.unsupportedEncoding, "batches of CloudEvents are not taken: send one event a message")
    }
    let value = try parse(delivery.body)
    if contentType == "application/cloudevents+json" { return try structured(value) }
    if let attributes = BinaryAttributes(properties.headers) { return try binary(attributes, value) }
    guard let id = properties.messageID, !id.isEmpty else {
      throw Rejection(.missingID, "message_id: a bare data object needs AMQP's message_id, which makes it happen once")
    }
    return Envelope(idempotencyKey: try key(source: "amqp", id: id), data: value)
  }

  // MARK: - The three forms

  private static func structured(_ value: JSONValue) throws(Rejection) -> Envelope {
    guard let event = value.object else {
      throw Rejection(.wrongType, "the event must be an object, not \(value.typeName)")
    }
    func attribute(_ name: String) throws(Rejection) -> String? {
      switch event[name] {
      case nil, .null: return nil
      case .string(let text): return text
      case .some(let other): throw Rejection(.wrongType, "\(name): must be a string, not \(other.typeName)")
      }
    }
    let key = try key(
      version: try attribute("specversion"), id: try attribute("id"), source: try attribute("source"),
      type: try attribute("type"))
    switch (event["data"], try attribute("data_base64")) {
    case (.some, .some): throw Rejection(.invalidValue, "data_base64: not together with data")
    case (.some(let data), nil): return Envelope(idempotencyKey: key, data: data)
    case (nil, .some(let text)):
      guard let bytes = Base64.standard.decode(text) else { throw Rejection(.invalidValue, "data_base64: not Base64") }
      return Envelope(idempotencyKey: key, data: try parse(bytes))
    case (nil, nil): throw Rejection(.missingField, "data: the event has none")
    }
  }

  private static func binary(_ attributes: BinaryAttributes, _ value: JSONValue) throws(Rejection) -> Envelope {
    Envelope(
      idempotencyKey: try key(
        version: attributes.version, id: attributes.id, source: attributes.source, type: attributes.type),
      data: value)
  }

  // MARK: - Parts

  private static func key(
    version: String?, id: String?, source: String?, type: String?
  ) throws(Rejection) -> String {
    guard let version else { throw Rejection(.missingField, "specversion: a CloudEvent has one") }
    guard version == "1.0" else { throw Rejection(.unsupportedVersion, "specversion: only 1.0 is taken") }
    guard let id, !id.isEmpty else { throw Rejection(.missingID, "id: a CloudEvent has one") }
    guard let source, !source.isEmpty else { throw Rejection(.missingField, "source: a CloudEvent has one") }
    guard let type, !type.isEmpty else { throw Rejection(.missingField, "type: a CloudEvent has one") }
    return try key(source: source, id: id)
  }

  private static func key(source: String, id: String) throws(Rejection) -> String {
    // A source with a line feed could pass for another source and id.
    guard !source.utf8.contains(0x0A) else { throw Rejection(.invalidValue, "source: must not have line feeds") }
    let key = "\(source)\n\(id)"
    guard key.utf8.count <= idempotencyKeyLimit else {
      throw Rejection(.tooLarge, "id: source and id have more than \(idempotencyKeyLimit - 1) bytes together")
    }
    return key
  }

  private static func parse(_ bytes: [UInt8]) throws(Rejection) -> JSONValue {
    do {
      return try JSONScanner.parse(bytes, limits: .init(bytes: bytes.count, depth: depthLimit))
    } catch {
      throw Rejection(error)
    }
  }

  /// Without parameters, in lower case.
  private static func mediaType(_ text: String) -> String {
    let type = text.prefix { $0 != ";" }
    return type.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}

/// The CloudEvents attributes among AMQP's headers.
private struct BinaryAttributes {
  var version: String?
  var id: String?
  var source: String?
  var type: String?

  private static let prefixes = ["cloudevents:", "cloudevents_", "ce-", "ce_"]

  /// Nil when no header makes it an event.
  init?(_ headers: [MessageProperties.Header]) {
    guard !headers.isEmpty else { return nil }
    for header in headers {
      guard case .text(let text) = header.value, header.name.utf8.count <= 32 else { continue }
      let name = header.name.lowercased()
      guard let prefix = Self.prefixes.first(where: { name.hasPrefix($0) }) else { continue }
      switch name.dropFirst(prefix.count) {
      case "specversion": version = text
      case "id": id = text
      case "source": source = text
      case "type": type = text
      default: break
      }
    }
    guard version != nil || id != nil else { return nil }
  }
}
