import ServiceQueue

/// A message to try rules with: `{routing_key, headers, content_type, message_id, body}`, or the data object alone.
public struct RuleSample: Hashable, Sendable {
  /// Why a text holds no samples.
  public struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which sample, and what is wrong.
    public let description: String
  }

  /// Bytes of a body.
  public static let bytesLimit = 1_048_576
  /// Bytes of all samples together.
  public static let inputLimit = 16_777_216

  let delivery: Delivery

  private static let members: Set<String> = ["routing_key", "headers", "content_type", "message_id", "body"]

  /// Reads one sample, an array of samples, or JSON lines of one each.
  public static func read(_ bytes: [UInt8]) throws(Mistake) -> [RuleSample] {
    let limits = JSONScanner.Limits(bytes: inputLimit, depth: Envelope.depthLimit + 4)
    var values: [JSONValue] = []
    do throws(JSONError) {
      let document = try JSONScanner.parse(bytes, limits: limits)
      values = document.array ?? [document]
    } catch {
      // Several documents, one a line; whatever else is wrong is wrong there, too.
      guard error.code == .trailingBytes else { throw Mistake(description: error.description) }
      values = try lines(bytes, limits)
    }
    var samples: [RuleSample] = []
    for (index, value) in values.enumerated() { samples.append(try RuleSample(value, number: index + 1)) }
    return samples
  }

  private static func lines(_ bytes: [UInt8], _ limits: JSONScanner.Limits) throws(Mistake) -> [JSONValue] {
    var values: [JSONValue] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
      do throws(JSONError) {
        values.append(try JSONScanner.parse(line, limits: limits))
      } catch {
        throw Mistake(description: "line \(number + 1): \(error)")
      }
    }
    return values
  }

  private init(_ value: JSONValue, number: Int) throws(Mistake) {
    func mistake(_ text: String) -> Mistake { Mistake(description: "sample \(number): \(text)") }
    // Nothing that the rules look at: a bare data object needs one.
    var properties = MessageProperties(messageID: "sample-\(number)")
    guard let object = value.object else { throw mistake("must be an object, not \(RuleReader.article(value))") }
    guard let body = object["body"], object.members.allSatisfy({ Self.members.contains($0.name) }) else {
      delivery = Delivery(tag: 1, exchange: "", routingKey: "", properties: properties, body: value.compactJSON)
      return
    }
    func text(_ name: String) throws(Mistake) -> String? {
      switch object[name] {
      case nil, .null: return nil
      case .string(let text): return text
      case .some: throw mistake("\(name) must be a text")
      }
    }
    properties.contentType = try text("content_type")
    if let id = try text("message_id") { properties.messageID = id }
    if let headers = object["headers"], !headers.isNull {
      guard let headers = headers.object else { throw mistake("headers must be an object") }
      for header in headers.members {
        guard let value = MessageProperties.HeaderValue(header.value) else {
          throw mistake("headers.\(header.name) must be a text, whole number or boolean")
        }
        properties.headers.append(.init(name: header.name, value: value))
      }
    }
    delivery = Delivery(
      tag: 1, exchange: "", routingKey: try text("routing_key") ?? "", properties: properties,
      // A text is the body as it is, for what is no JSON.
      body: body.string.map { Array($0.utf8) } ?? body.compactJSON)
  }
}

extension MessageProperties.HeaderValue {
  fileprivate init?(_ value: JSONValue) {
    switch value {
    case .string(let text): self = .text(text)
    case .number(let number):
      guard let whole = number.whole else { return nil }
      self = .integer(whole)
    case .bool(let value): self = .boolean(value)
    default: return nil
    }
  }
}
