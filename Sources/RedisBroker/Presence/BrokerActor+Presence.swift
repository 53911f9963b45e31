public import ServiceQueue

extension BrokerActor {
  /// Connections that one call looks at, about: it holds up Redis for that long, well below 5 ms.
  private static let presencePage = 500
  /// Connections of one queue that are looked at, about; of more, those further on are not counted.
  private static let presenceLookedAt = 100_000

  /// Tells which connections of a node came and went; see `Broker`. The effort does not depend on how many connections the node
  /// has.
  public func announce(_ announcement: PresenceAnnouncement) async throws(BrokerError) -> Bool {
    let changes = announcement.changes
    guard changes.count <= BrokerLimits.presenceBatch else {
      throw .outOfBounds("An announcement holds at most \(BrokerLimits.presenceBatch) changes; split it")
    }
    guard Self.isNode(announcement.node), (1..<(1 << 53)).contains(announcement.number) else {
      throw .outOfBounds("A node's name is 1 to 64 of a-z, 0-9, - and _, and its announcements are counted from 1")
    }
    let reply = try await call(functionCall(for: announcement), named: "announce", effect: .change)
    guard reply.count == 2 else { throw .notUnderstood("announce") }
    return reply[1].text == "1"
  }

  /// True for 1 to 64 of `a-z`, `0-9`, `-` and `_`.
  private static func isNode(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  private func functionCall(for announcement: PresenceAnnouncement) -> RedisCommand {
    var who = WhoKeys()
    let places = announcement.changes.map { who.place(of: $0.queue) }
    var call = presenceCall("announce", of: announcement.node, who, capacity: 512 + 160 * announcement.changes.count)
    call.append(announcement.number)
    call.append(configuration.presenceLife.milliseconds)
    for (change, place) in zip(announcement.changes, places) {
      call.append(place)
      call.append(change.kind.rawValue)
      call.append(change.queue.rawValue)
      call.append(RedisCommand.field(change.entry.connection))
      call.append(PresenceCodec.who(change.entry))
    }
    return call
  }

  /// The front of a call about a node: its keys, and its name.
  func presenceCall(_ function: String, of node: String, _ who: WhoKeys, capacity: Int) -> RedisCommand {
    var call = library.change(function, keys: WhoKeys.before + who.queues.count, capacity: capacity)
    call.append(keys.nodes)
    call.append(keys.announced)
    call.append(keys.node(node))
    call.append(keys.presence)
    for queue in who.queues { call.append(keys.who(of: queue)) }
    call.append(node)
    return call
  }

  /// Who watches a queue now; see `Broker`. In several calls when they are many: who is there all the while is in the answer, who
  /// comes or goes meanwhile may be or not.
  public func presence(in queue: QueueName) async throws(BrokerError) -> QueuePresence {
    var entries: [PresenceEntry] = []
    var connections: Set<String> = []
    var users: Set<String> = []
    var cursor = "0"
    repeat {
      var question = library.question("presence", keys: 3)
      question.append(keys.key(.meta, of: queue))
      question.append(keys.nodes)
      question.append(keys.who(of: queue))
      question.append(cursor)
      question.append(Self.presencePage)
      let reply = try await call(question, named: "presence", effect: .question, on: reads)
      guard reply.count >= 2, reply.count.isMultiple(of: 2), let next = reply[1].text else {
        throw .notUnderstood("presence")
      }
      cursor = next
      for index in stride(from: 2, to: reply.count, by: 2) {
        guard let connection = reply[index].text, let who = reply[index + 1].bytes,
          let entry = PresenceCodec.entry(connection, from: who)
        else { throw .notUnderstood("presence") }
        guard connections.insert(connection).inserted else { continue }
        users.insert(entry.user)
        if entries.count < BrokerLimits.presence { entries.append(entry) }
      }
    } while cursor != "0" && connections.count < Self.presenceLookedAt
    entries.sort { $0.connection < $1.connection }
    return QueuePresence(entries: entries, connections: connections.count, users: users.count)
  }
}
