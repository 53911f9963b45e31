import ServiceQueue

/// What `XREAD` and `XREVRANGE` answer, read where it is.
struct StreamReply {
  struct Stream {
    let key: String
    let entries: [Entry]
  }

  /// An entry with its one field's value.
  struct Entry {
    let id: RedisReply.Part
    let value: RedisReply.Part
  }

  private let reply: RedisReply
  private let command: String
  private var next = 0

  /// The streams with news, as `XREAD` answers; none when the wait was in vain.
  static func streams(in reply: RedisReply) throws(BrokerError) -> [Stream] {
    if reply.parts[0].kind == .null { return [] }
    var reader = StreamReply(reply: reply, command: "XREAD")
    var streams: [Stream] = []
    for _ in 0..<(try reader.array()) {
      try reader.pair()
      let key = try reader.string()
      let entries = try reader.entries()
      streams.append(Stream(key: reply.text(of: key), entries: entries))
    }
    return streams
  }

  /// The entries that `XREVRANGE` answers.
  static func entries(in reply: RedisReply) throws(BrokerError) -> [Entry] {
    var reader = StreamReply(reply: reply, command: "XREVRANGE")
    return try reader.entries()
  }

  private mutating func entries() throws(BrokerError) -> [Entry] {
    let count = try array()
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      try pair()
      let id = try string()
      try pair()
      _ = try string()
      entries.append(Entry(id: id, value: try string()))
    }
    return entries
  }

  private mutating func pair() throws(BrokerError) {
    guard try array() == 2 else { throw .notUnderstood(command) }
  }

  private mutating func array() throws(BrokerError) -> Int { try part(.array).count }
  private mutating func string() throws(BrokerError) -> RedisReply.Part { try part(.string) }

  private mutating func part(_ kind: RedisReply.Part.Kind) throws(BrokerError) -> RedisReply.Part {
    guard next < reply.parts.count, reply.parts[next].kind == kind else { throw .notUnderstood(command) }
    next += 1
    return reply.parts[next - 1]
  }
}
