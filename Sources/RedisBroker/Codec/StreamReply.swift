import ServiceQueue

/// What `XREAD` answers.
enum StreamReply {
  struct Stream {
    let key: String
    let entries: [Entry]
  }

  /// An entry with its one field's value.
  struct Entry {
    let id: String
    let value: [UInt8]
  }

  /// The streams with news; none when the wait was in vain.
  static func streams(in value: RedisValue) throws(BrokerError) -> [Stream] {
    if case .null = value { return [] }
    guard let streams = value.elements else { throw .notUnderstood("XREAD") }
    var result: [Stream] = []
    for stream in streams {
      guard let parts = stream.elements, parts.count == 2, let key = parts[0].text, let items = parts[1].elements else {
        throw .notUnderstood("XREAD")
      }
      result.append(Stream(key: key, entries: try entries(in: items)))
    }
    return result
  }

  /// The entries that `XREAD` and `XREVRANGE` list.
  static func entries(in items: [RedisValue]) throws(BrokerError) -> [Entry] {
    var result: [Entry] = []
    result.reserveCapacity(items.count)
    for item in items {
      guard let parts = item.elements, parts.count == 2, let id = parts[0].text,
        let fields = parts[1].elements, fields.count == 2, let value = fields[1].bytes
      else { throw .notUnderstood("XREAD") }
      result.append(Entry(id: id, value: value))
    }
    return result
  }
}
