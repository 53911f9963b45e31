import ServiceQueue

/// The keys of presence; see `usher.lua`.
extension KeySpace {
  var nodes: String { prefix + "nodes" }
  var announced: String { prefix + "announced" }
  var presence: String { prefix + "presence" }

  /// What the node has announced.
  func node(_ name: String) -> String { "\(prefix)node:\(name)" }

  /// Who watches the queue.
  func who(of queue: QueueName) -> String { "\(prefix)q:\(queue.rawValue):who" }
}

/// The `who` keys of some queues, each once, with their places among the keys of a call.
struct WhoKeys {
  /// Keys that stand before them: `nodes`, `announced`, the node's own, `presence`.
  static let before = 4

  private(set) var queues: [QueueName] = []
  private var places: [QueueName: Int] = [:]

  /// From 1, as the functions count.
  mutating func place(of queue: QueueName) -> Int {
    if let place = places[queue] { return place }
    queues.append(queue)
    places[queue] = Self.before + queues.count
    return Self.before + queues.count
  }
}
