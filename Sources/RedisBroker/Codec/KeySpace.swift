import ServiceQueue

/// The names of the keys of one site; all in one hash slot.
struct KeySpace: Sendable {
  /// The keys of a queue, in the order in which the functions take them.
  enum Part: String, CaseIterable {
    case meta, svc, live, wait, need, due, ev, staff, times
  }

  /// `usher:{SITE}:`
  let prefix: String
  private let endedPrefix: String
  private let idempotencyPrefix: String
  private let ownPrefix: String

  init(site: String) {
    prefix = "usher:{\(site)}:"
    endedPrefix = prefix + "ended:"
    idempotencyPrefix = prefix + "idem:"
    ownPrefix = prefix + "idem:b:"
  }

  var queues: String { prefix + "queues" }
  var index: String { prefix + "index" }
  var outbox: String { prefix + "outbox" }
  var readers: String { prefix + "outbox:readers" }
  var kept: String { prefix + "outbox:kept" }
  var control: String { prefix + "control" }
  var load: String { prefix + "load" }

  func key(_ part: Part, of queue: QueueName) -> String {
    "\(prefix)q:\(queue.rawValue):\(part.rawValue)"
  }

  func appendEnded(_ id: ServiceID, to call: inout RedisCommand) {
    call.append(joined: endedPrefix, id.rawValue)
  }

  /// Appends the key under which what happened for `key` in the scope `owner` is kept: hashed, so that neither its length nor its
  /// characters matter.
  func appendIdempotency(kind: String, owner: String, key: String, to call: inout RedisCommand) {
    var message: [UInt8] = []
    message.reserveCapacity(kind.utf8.count + owner.utf8.count + key.utf8.count + 2)
    message.append(contentsOf: kind.utf8)
    message.append(0)
    message.append(contentsOf: owner.utf8)
    message.append(0)
    message.append(contentsOf: key.utf8)
    call.append(joined: idempotencyPrefix, SHA1.hexadecimal(message))
  }

  /// A key that nobody else makes.
  func ownIdempotency(_ unique: String) -> String { ownPrefix + unique }

  /// The nine keys of a queue.
  func parts(of queue: QueueName) -> RedisCommand {
    var arguments = RedisCommand(capacity: 640)
    for part in Part.allCases { arguments.append(key(part, of: queue)) }
    return arguments
  }
}
