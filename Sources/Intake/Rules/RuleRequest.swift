import ServiceQueue

/// What rules are asked about: a valid request, and what is known of the message that brought it.
struct RuleRequest: Hashable, Sendable {
  var draft: SubmissionDraft
  /// False while the priority is only the normal one because nobody said any.
  var hasPriority: Bool
  var routingKey = ""
  var headers: [MessageProperties.Header] = []
  /// The attributes of a CloudEvent.
  var source: String?
  var type: String?
  /// When it is asked.
  var now: Timestamp

  /// Nil for what is absent.
  func value(of subject: Subject) -> JSONValue? {
    switch subject {
    case .kind: .string(draft.kind)
    case .queue: .string(draft.queue.rawValue)
    case .priority: .number(JSONNumber(Int64(draft.priority.level)))
    case .routingKey: .string(routingKey)
    case .source: source.map { .string($0) }
    case .type: type.map { .string($0) }
    case .scheduledFor: draft.scheduledFor.map { .string($0.description) }
    case .header(let name): header(name)
    case .customer(let name): draft.customer?[name]
    case .details(let path): draft.details?.value(at: path[...])
    }
  }

  private func header(_ name: String) -> JSONValue? {
    for header in headers where header.name.utf8.elementsEqual(name.utf8) {
      switch header.value {
      case .text(let text): return .string(text)
      case .integer(let number): return .number(JSONNumber(number))
      case .boolean(let value): return .bool(value)
      case .bytes(let bytes): return String(validating: bytes, as: UTF8.self).map { .string($0) }
      case .double, .timestamp, .list, .table, .void: return nil
      }
    }
    return nil
  }
}

extension JSONObject {
  /// The value behind names of members, from the outside in.
  func value(at path: ArraySlice<String>) -> JSONValue? {
    guard let first = path.first, let value = self[first] else { return nil }
    return path.count == 1 ? value : value.object?.value(at: path.dropFirst())
  }

  /// This object with `value` behind the names, objects made on the way; nil where something else stands in it.
  func setting(_ path: ArraySlice<String>, to value: JSONValue) -> JSONObject? {
    guard let first = path.first else { return nil }
    var inner = value
    if path.count > 1 {
      guard let object = self[first] == nil ? JSONObject() : self[first]?.object,
        let changed = object.setting(path.dropFirst(), to: value)
      else { return nil }
      inner = .object(changed)
    }
    var members = members
    let member = Member(name: first, value: inner)
    if let index = members.firstIndex(where: { $0.name.utf8.elementsEqual(first.utf8) }) {
      members[index] = member
    } else {
      members.append(member)
    }
    return JSONObject(members)
  }
}
