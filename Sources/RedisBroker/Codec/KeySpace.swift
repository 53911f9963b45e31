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
  private let ownPrefix: String

  init(site: String) {
    prefix = "usher:{\(site)}:"
    endedPrefix = prefix + "ended:"
    ownPrefix = prefix + "idem:b:"
  }

  var queues: String { prefix + "queues" }
  var index: String { prefix + "index" }
  var outbox: String { prefix + "outbox" }
  var control: String { prefix + "control" }
  var load: String { prefix + "load" }

  func key(_ part: Part, of queue: QueueName) -> String {
    "\(prefix)q:\(queue.rawValue):\(part.rawValue)"
  }

  func ended(_ id: ServiceID) -> String { endedPrefix + id.rawValue }

  /// The key under which what happened for `key` in the scope `owner` is kept: hashed, so that neither its length nor its
  /// characters matter.
  func idempotency(kind: StaticString, owner: String, key: String) -> String {
    "\(prefix)idem:\(SHA1.hexadecimal(Array("\(kind)\0\(owner)\0\(key)".utf8)))"
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

/// What calls about one queue have in common, in the form in which it is sent.
struct QueueFront {
  /// The twelve keys at the front of every change.
  let keys: RedisCommand
  /// The first arguments of every command: queue, history, most attempts, time to reinstate.
  let constants: RedisCommand
}

/// The fronts of the queues, each made once. Bounded: when it is full it begins anew.
struct QueueFronts {
  private let keys: KeySpace
  private let configuration: BrokerConfiguration
  private var made: [QueueName: QueueFront] = [:]

  init(_ keys: KeySpace, _ configuration: BrokerConfiguration) {
    self.keys = keys
    self.configuration = configuration
  }

  mutating func of(_ queue: QueueName) -> QueueFront {
    if let known = made[queue] { return known }
    var twelve = keys.parts(of: queue)
    twelve.append(keys.index)
    twelve.append(keys.outbox)
    twelve.append(keys.load)
    var constants = RedisCommand(capacity: 128)
    constants.append(queue.rawValue)
    constants.append(configuration.eventHistory)
    constants.append(configuration.policy.mostAttempts)
    constants.append(configuration.policy.reinstateWithin)
    if made.count >= BrokerConfiguration.mostQueues { made = [:] }
    let front = QueueFront(keys: twelve, constants: constants)
    made[queue] = front
    return front
  }
}
