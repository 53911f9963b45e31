import ServiceQueue

/// What a condition is about.
enum Subject: Hashable, Sendable {
  case kind
  case queue
  case priority
  case routingKey
  /// The attributes of a CloudEvent; absent from a bare data object.
  case source
  case type
  case scheduledFor
  case header(String)
  case customer(String)
  /// Names of members, from the outside in.
  case details([String])

  /// The tests that can tell something about it.
  enum Kind {
    case text
    case optionalText
    case priority
    case moment
    case any

    var tests: Set<String> {
      switch self {
      case .text: ["equals", "in", "prefix", "matches"]
      case .optionalText: ["equals", "in", "prefix", "matches", "exists"]
      case .priority: ["equals", "in", "above", "below"]
      case .moment: ["exists"]
      case .any: ["equals", "in", "prefix", "matches", "above", "below", "exists"]
      }
    }
  }

  /// Those without a name of the operator's.
  static let fixed: [String: Subject] = [
    "kind": .kind, "queue": .queue, "priority": .priority, "routing_key": .routingKey, "source": .source,
    "type": .type, "scheduled_for": .scheduledFor,
  ]

  /// Nil for what no request has. Behind `headers.` and `customer.` everything is one name, dots included.
  init?(_ name: String) {
    if let known = Self.fixed[name] {
      self = known
    } else if name.utf8.count > RuleSet.Limits.fieldBytes {
      return nil
    } else if name.hasPrefix("headers."), name != "headers." {
      self = .header(String(name.dropFirst("headers.".count)))
    } else {
      self.init(field: name)
    }
  }

  /// A field of the data: `customer.NAME` or `details.NAME(.NAME...)`.
  init?(field name: String) {
    if name.hasPrefix("customer."), name != "customer.", name.utf8.count <= RuleSet.Limits.fieldBytes {
      self = .customer(String(name.dropFirst("customer.".count)))
      return
    }
    let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.first == "details", (2...RuleSet.Limits.pathNames + 1).contains(path.count), !path.contains(""),
      name.utf8.count <= RuleSet.Limits.fieldBytes
    else { return nil }
    self = .details(Array(path.dropFirst()))
  }

  var kind: Kind {
    switch self {
    case .kind, .queue, .routingKey: .text
    case .source, .type: .optionalText
    case .priority: .priority
    case .scheduledFor: .moment
    case .header, .customer, .details: .any
    }
  }
}

extension Subject: CustomStringConvertible {
  /// As in the file.
  var description: String {
    switch self {
    case .header(let name): "headers.\(name)"
    case .customer(let name): "customer.\(name)"
    case .details(let path): "details.\(path.joined(separator: "."))"
    default: Self.fixed.first { $0.value == self }?.key ?? ""
    }
  }
}
