import ServiceQueue

/// A queue that keeps its length, and what is known of it without asking.
struct SizedQueue {
  let name: QueueName
  let size: Int
  /// Those that wait, in no order.
  private(set) var ids: [ServiceID]
  private var places: [ServiceID: Int]

  init(_ name: QueueName, ids: [ServiceID]) {
    self.name = name
    self.ids = ids
    size = ids.count
    places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
  }

  /// One that waits.
  func any(_ random: inout SeededRandom) throws -> ServiceID {
    guard let id = ids.randomElement(using: &random) else { throw BenchError("\(name) has no service left") }
    return id
  }

  /// `new` stands in the queue in place of `old`.
  mutating func replace(_ old: ServiceID, by new: ServiceID) throws {
    guard let place = places.removeValue(forKey: old) else { throw BenchError("\(name) gave a service it had not") }
    ids[place] = new
    places[new] = place
  }
}
