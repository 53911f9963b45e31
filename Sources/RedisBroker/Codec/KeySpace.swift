import ServiceQueue

/// The names of the keys of one site; all in one hash slot.
struct KeySpace: Sendable {
  /// The keys of a queue.
  enum Part: String {
    case meta, svc, live, wait, lease, ev
  }

  /// `usher:{SITE}:`
  let prefix: String

  init(site: String) {
    prefix = "usher:{\(site)}:"
  }

  var queues: String { prefix + "queues" }
  var index: String { prefix + "index" }
  var outbox: String { prefix + "outbox" }
  var control: String { prefix + "control" }

  func key(_ part: Part, of queue: QueueName) -> String {
    "\(prefix)q:\(queue.rawValue):\(part.rawValue)"
  }

  func ended(_ id: ServiceID) -> String { prefix + "ended:" + id.rawValue }

  /// The key under which what happened for `key` in the scope `owner` is kept: hashed, so that neither its length nor its
  /// characters matter.
  func idempotency(kind: StaticString, owner: String, key: String) -> String {
    "\(prefix)idem:\(SHA1.hexadecimal(Array("\(kind)\0\(owner)\0\(key)".utf8)))"
  }

  /// A key that nobody else makes.
  func ownIdempotency(_ unique: String) -> String { "\(prefix)idem:b:\(unique)" }
}

/// The eight keys at the front of every change, made once for each queue. Bounded: when it is full it begins anew.
struct ChangeKeys {
  private let keys: KeySpace
  private var made: [QueueName: RedisCommand] = [:]

  init(_ keys: KeySpace) {
    self.keys = keys
  }

  mutating func of(_ queue: QueueName) -> RedisCommand {
    if let known = made[queue] { return known }
    var arguments = RedisCommand()
    for part: KeySpace.Part in [.meta, .svc, .live, .wait, .lease, .ev] { arguments.append(keys.key(part, of: queue)) }
    arguments.append(keys.index)
    arguments.append(keys.outbox)
    if made.count >= BrokerConfiguration.mostQueues { made = [:] }
    made[queue] = arguments
    return arguments
  }
}
