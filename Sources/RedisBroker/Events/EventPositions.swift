import ServiceQueue

/// Up to where the events of each queue have been read, without any I/O. Decides what is continuous and what needs a reset.
struct EventPositions {
  /// A queue's lifetime and version.
  struct Place: Hashable {
    var epoch: Epoch
    var version: QueueVersion
  }

  /// What to tell the subscribers, in order.
  enum News: Hashable {
    case event(QueueEvent)
    case reset(QueueName)
  }

  private(set) var places: [QueueName: Place] = [:]
  /// Another number when other queues are followed.
  private(set) var generation = 0
  /// Queues that were known and are gone; at most as many as a site may have, then forgotten.
  private var lost: Set<QueueName> = []
  /// The last entry of the control stream that was read; nil before the first look.
  var controlID: String?

  /// Compares with the queues as they are in Redis now. Those that are further than what was read are continuous; those
  /// that are behind it, or in another epoch, or gone, are not. New ones are read from where they are.
  mutating func align(with present: [QueueName: Place]) -> [News] {
    var news: [News] = []
    for (queue, place) in present.sorted(by: { $0.key < $1.key }) {
      if let known = places[queue] {
        if known.epoch == place.epoch && known.version <= place.version { continue }
        news.append(.reset(queue))
      } else if lost.remove(queue) != nil {
        news.append(.reset(queue))
      }
      if places.updateValue(place, forKey: queue) == nil { generation += 1 }
    }
    for queue in places.keys.sorted() where present[queue] == nil {
      places[queue] = nil
      generation += 1
      if lost.count < BrokerConfiguration.mostQueues { lost.insert(queue) }
      news.append(.reset(queue))
    }
    return news
  }

  /// How many events there are behind those that were read, in queues that are continuous.
  func behind(_ present: [QueueName: Place]) -> Int {
    present.reduce(0) { sum, item in
      guard let known = places[item.key], known.epoch == item.value.epoch, known.version < item.value.version
      else { return sum }
      return sum + Int(item.value.version - known.version)
    }
  }

  /// A queue has a new epoch, as the control stream says: it was made, or Redis had lost some of it. Its events go on after
  /// `version`.
  mutating func began(_ queue: QueueName, epoch: Epoch, at version: QueueVersion) -> [News] {
    let known = places[queue]
    guard known?.epoch != epoch else { return [] }
    if places.updateValue(Place(epoch: epoch, version: version), forKey: queue) == nil { generation += 1 }
    return lost.remove(queue) != nil || known != nil ? [.reset(queue)] : []
  }

  /// There is nobody to be told: goes on from the queues as they are in Redis now.
  mutating func begin(at present: [QueueName: Place]) {
    if present.count != places.count || present.keys.contains(where: { places[$0] == nil }) { generation += 1 }
    places = present
    lost = []
  }

  /// Goes on from there where that is further: the queue has been there.
  mutating func skip(to place: Place, of queue: QueueName) {
    guard let known = places[queue], known.epoch == place.epoch, known.version < place.version else { return }
    places[queue] = place
  }

  /// The next entry of a queue's stream: its version, and the event, nil when it could not be read.
  mutating func take(_ event: QueueEvent?, version: QueueVersion, of queue: QueueName) -> [News] {
    guard let place = places[queue] else { return [] }
    if let event, event.epoch == place.epoch {
      guard version > place.version else { return [] }
      places[queue]?.version = version
      return version == place.version + 1 ? [.event(event)] : [.reset(queue)]
    }
    places[queue] = Place(epoch: event?.epoch ?? place.epoch, version: version)
    return [.reset(queue)]
  }
}
