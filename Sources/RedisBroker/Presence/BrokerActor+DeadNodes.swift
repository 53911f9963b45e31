import Logging
import ServiceQueue

extension BrokerActor {
  /// Connections in one call of the function, which holds up Redis for that long, well below 5 ms.
  static let buriedPerCall = 100
  /// Calls in one round of the sweeper.
  private static let callsPerRound = 100

  /// Takes out the connections of nodes that are dead, in calls that each take out a few, and tells that they left. Any number of Brokers
  /// may do it at one time: each connection leaves once.
  func buryDeadNodes() async throws(BrokerError) {
    var left: [String: Int] = [:]
    defer {
      for (node, count) in left where count > 0 {
        logger.notice("Connections of a dead node have left", metadata: ["node": "\(node)", "count": "\(count)"])
      }
    }
    for _ in 0..<Self.callsPerRound {
      var question = library.question("dead_node", keys: 1)
      question.append(keys.nodes)
      let reply = try await call(question, named: "dead_node", effect: .question)
      guard reply.count > 1, let node = reply[1].text else { return }
      left[node, default: 0] += try await bury(node)
    }
  }

  /// Takes out some of the connections of a dead node, and the node with the last of them; answers how many left.
  func bury(_ node: String) async throws(BrokerError) -> Int {
    let sample = RedisCommand("SRANDMEMBER", keys.node(node), String(Self.buriedPerCall))
    guard let members = try await execute(sample, named: "dead_node", effect: .question).elements else {
      throw .notUnderstood("dead_node")
    }
    var who = WhoKeys()
    var connections: [(place: Int, queue: QueueName, connection: String)] = []
    for member in members {
      guard let (queue, connection) = member.bytes?.withUnsafeBytes(PresenceCodec.member) else {
        throw .notUnderstood("dead_node")
      }
      connections.append((who.place(of: queue), queue, connection))
    }
    var command = presenceCall("bury", of: node, who, capacity: 512 + 128 * connections.count)
    for (place, queue, connection) in connections {
      command.append(place)
      command.append(queue.rawValue)
      command.append(connection)
    }
    // Sent again after a break it finds nothing of what the first took out.
    let reply = try await call(command, named: "bury", effect: .change)
    guard reply.count == 2, let count = reply[1].bytes.flatMap(FieldReader.number) else {
      throw .notUnderstood("bury")
    }
    if count > 0 { metrics.swept(connections: Int(count)) }
    return Int(count)
  }
}
