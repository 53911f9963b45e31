import ServiceQueue

/// All events that anyone saw, by queue, epoch and version.
struct EventLog {
  struct Stream: Hashable {
    let queue: QueueName
    let epoch: Epoch
  }

  struct Place: Hashable, CustomStringConvertible {
    let stream: Stream
    let version: QueueVersion

    init(_ event: QueueEvent) {
      stream = Stream(queue: event.queue, epoch: event.epoch)
      version = event.version
    }

    var description: String { "\(stream.queue) \(version)" }
  }

  private(set) var events: [Stream: [QueueVersion: QueueEvent]] = [:]
  private(set) var anomalies: [Anomaly] = []

  init(_ history: History) {
    for observer in history.observers {
      for case .event(let event) in observer.items { insert(event, seenBy: observer.name) }
    }
    for event in history.final.streams.values.joined() { insert(event, seenBy: "the stream in Redis") }
    for entry in history.final.outbox { insert(entry.event, seenBy: "the outbox") }
  }

  private mutating func insert(_ event: QueueEvent, seenBy name: String) {
    let place = Place(event)
    if let known = events[place.stream]?[event.version] {
      if known != event {
        anomalies.append(
          Anomaly(.observersDiffer, "\(place): \(name) saw \(event.change.type), others \(known.change.type)"))
      }
    } else {
      events[place.stream, default: [:]][event.version] = event
    }
  }

  /// The events of one stream from its first version to where one is missing.
  func run(of stream: Stream) -> [QueueEvent] {
    let known = events[stream] ?? [:]
    var run: [QueueEvent] = []
    while let event = known[QueueVersion(run.count + 1)] { run.append(event) }
    return run
  }
}
