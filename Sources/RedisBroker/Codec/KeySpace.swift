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

extension RedisCommand {
  /// The eight keys at the front of every change of `queue`.
  mutating func appendChangeKeys(of queue: QueueName, in keys: KeySpace) {
    for part: StaticString in [":meta", ":svc", ":live", ":wait", ":lease", ":ev"] {
      append(joined: keys.prefix, "q:", queue.rawValue, part.description)
    }
    append(joined: keys.prefix, "index")
    append(joined: keys.prefix, "outbox")
  }
}
