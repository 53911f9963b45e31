import ServiceQueue

/// The newest place of each queue that an event or an answer has told of. When Redis is behind it in the same epoch, it has
/// older data than were seen. Stays on the reactor's thread.
///
/// Bounded: so many queues as a site may have; what comes later is not kept.
final class SeenVersions {
  private(set) var places: [QueueName: EventPositions.Place] = [:]

  /// Keeps the place if it is further than the one known in its epoch, or of another epoch.
  func note(_ queue: QueueName, _ epoch: Epoch, _ version: QueueVersion) {
    if let known = places[queue] {
      if known.epoch != epoch || known.version < version {
        places[queue] = EventPositions.Place(epoch: epoch, version: version)
      }
    } else if places.count < BrokerConfiguration.mostQueues {
      places[queue] = EventPositions.Place(epoch: epoch, version: version)
    }
  }

  /// As `note`, for the epoch that stands in an answer; does nothing when there is none.
  func note(_ queue: QueueName, epochIn reply: RedisReply, at index: Int, version: QueueVersion) {
    if let known = places.index(forKey: queue), reply.element(index, is: places.values[known].epoch.rawValue) {
      if places.values[known].version < version { places.values[known].version = version }
    } else if let epoch = reply.text(index).flatMap({ Epoch($0) }) {
      note(queue, epoch, version)
    }
  }

  /// The place, if Redis is behind it.
  func place(aheadOf present: EventPositions.Place, of queue: QueueName) -> EventPositions.Place? {
    guard let seen = places[queue], seen.epoch == present.epoch, seen.version > present.version else { return nil }
    return seen
  }
}
