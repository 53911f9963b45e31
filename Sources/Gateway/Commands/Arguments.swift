import ServiceQueue

/// The members of a JSON object that a client sent, read by name; what is not known is refused by its name, so that a
/// mistyped `fense` is not a command without a fence.
struct Arguments: Sendable {
  private let object: JSONObject

  /// The members of `value`, which must be an object with no others than `known`; nil is an object without members.
  init(_ value: JSONValue?, known: Set<String>) throws(GatewayError) {
    guard let value else {
      object = JSONObject()
      return
    }
    guard let object = value.object else {
      throw GatewayError(.invalidArgument, "an object is expected, not \(value.typeName)")
    }
    for member in object.members where !known.contains(member.name) {
      let names = known.isEmpty ? "none is" : "known are \(known.sorted().joined(separator: ", "))"
      throw GatewayError(.unknownMember, "unknown member \"\(Self.printable(member.name))\"; \(names)")
    }
    self.object = object
  }

  /// True when the member is there, `null` included.
  func has(_ name: String) -> Bool { object[name] != nil }

  /// True when the member is there and `null`.
  func isNull(_ name: String) -> Bool { object[name]?.isNull ?? false }

  /// A value that is there and not `null`.
  func value(_ name: String) -> JSONValue? {
    guard let value = object[name], !value.isNull else { return nil }
    return value
  }

  /// A text.
  func string(_ name: String) throws(GatewayError) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw wrongType(name, "a string", value) }
    return text
  }

  /// A text that must be there.
  func required(_ name: String) throws(GatewayError) -> String {
    guard let text = try string(name) else { throw GatewayError(.invalidArgument, "\"\(name)\" is missing") }
    return text
  }

  /// A whole number within `range`.
  func integer(_ name: String, in range: ClosedRange<Int64>) throws(GatewayError) -> Int64? {
    guard let value = value(name) else { return nil }
    guard case .number(let written) = value, let number = written.whole, range.contains(number) else {
      throw GatewayError(
        .invalidArgument, "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// `true` or `false`.
  func bool(_ name: String) throws(GatewayError) -> Bool? {
    guard let value = value(name) else { return nil }
    guard let flag = value.bool else { throw wrongType(name, "true or false", value) }
    return flag
  }

  /// A list of texts.
  func strings(_ name: String) throws(GatewayError) -> [String]? {
    guard let value = value(name) else { return nil }
    guard let elements = value.array else { throw wrongType(name, "an array of strings", value) }
    var texts = [String]()
    for element in elements {
      guard let text = element.string else { throw wrongType(name, "an array of strings", value) }
      texts.append(text)
    }
    return texts
  }

  private func wrongType(_ name: String, _ wanted: String, _ found: JSONValue) -> GatewayError {
    GatewayError(.invalidArgument, "\"\(name)\" must be \(wanted), not \(found.typeName)")
  }

  /// A name for an error text: bounded, and nothing that could confuse a log or a terminal.
  static func printable(_ name: String) -> String {
    String(name.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 0x20 && $0 != "\"" ? Character($0) : "?" })
  }
}

extension Arguments {
  /// A service id that must be there.
  func serviceID(_ name: String) throws(GatewayError) -> ServiceID {
    try Self.serviceID(try required(name), called: name)
  }

  /// A user id that must be there.
  func userID(_ name: String) throws(GatewayError) -> String {
    // It has a service id's form.
    guard let id = ServiceID(try required(name)) else {
      throw GatewayError(.invalidArgument, "\"\(name)\" must be a user id (a UUID)")
    }
    return id.rawValue
  }

  /// A queue name that must be there.
  func queue(_ name: String) throws(GatewayError) -> QueueName {
    try Self.queue(try required(name))
  }

  /// An idempotency key.
  func idempotencyKey(_ name: String) throws(GatewayError) -> IdempotencyKey? {
    guard let text = try string(name) else { return nil }
    return try Self.idempotencyKey(text)
  }

  static func serviceID(_ text: String, called name: String) throws(GatewayError) -> ServiceID {
    guard let id = ServiceID(text) else {
      throw GatewayError(.invalidArgument, "\"\(name)\" must be a service id (a UUID)")
    }
    return id
  }

  static func queue(_ text: String) throws(GatewayError) -> QueueName {
    guard let queue = QueueName(text) else {
      throw GatewayError(
        .invalidArgument,
        "a queue name is 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit")
    }
    return queue
  }

  static func idempotencyKey(_ text: String) throws(GatewayError) -> IdempotencyKey {
    guard let key = IdempotencyKey(text) else {
      throw GatewayError(.invalidArgument, "an idempotency key is 1 to 128 printable ASCII characters without space")
    }
    return key
  }
}
