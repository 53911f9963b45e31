import Logging
import NIOCore
import ServiceQueue

/// Brings the Broker's events to the subscribers: one task reads them, encodes each once an audience, and wakes each event loop
/// once a batch.
final class QueueHub: Sendable {
  /// The most events of one run: bounds a frame's size and the time a loop spends on it.
  static let runEvents = 256

  let interest = HubInterest()
  private let presence = PresencePushes()
  private let parts: [ObjectIdentifier: LoopHub]
  private let desk: CommandDesk
  private let metrics: GatewayMetrics
  private let logger: Logger

  init(group: any EventLoopGroup, desk: CommandDesk, metrics: GatewayMetrics, logger: Logger) {
    self.desk = desk
    self.metrics = metrics
    self.logger = logger
    let interest = interest
    parts = Dictionary(
      uniqueKeysWithValues: group.makeIterator().map {
        (ObjectIdentifier($0), LoopHub(loop: $0, interest: interest, metrics: metrics))
      })
  }

  /// The part of a loop of the group.
  func part(of loop: any EventLoop) -> LoopHub? { parts[ObjectIdentifier(loop)] }

  /// The parts of all loops.
  var all: [LoopHub] { Array(parts.values) }

  /// Reads `subscription`, and when it ends while the Broker still gives one, the next; until cancelled.
  func run(_ subscription: EventSubscription) async {
    var subscription = subscription
    while !Task.isCancelled {
      for await batch in subscription.batches { deliver(batch) }
      guard !Task.isCancelled else { return }
      logger.warning("the event subscription ended; a new one begins")
      try? await Task.sleep(for: .seconds(1))
      subscription = await desk.broker.subscribe()
      send([.reset(nil)])
    }
  }

  /// Hands one batch on. Not isolated, but called by one task at a time: order is the caller's.
  func deliver(_ batch: EventBatch) {
    switch batch {
    case .reset(let queue): send([.reset(queue)])
    case .presence(let changes):
      let messages = presence.messages(for: changes, interest)
      if !messages.isEmpty { send(messages) }
    case .events(let events):
      if let oldest = events.first { metrics.received(eventsSince: oldest.at) }
      let messages = Self.runs(of: events).flatMap { run in
        encode(run, for: interest.audiences(of: run[0].queue))
      }
      if !messages.isEmpty { send(messages) }
    }
  }

  private func send(_ messages: [HubMessage]) {
    for part in parts.values { part.post(messages) }
  }

  /// A view's JSON is written once, whatever formats carry it.
  private func encode(_ run: [QueueEvent], for audiences: [Audience]) -> [HubMessage] {
    let first = run[0]
    var messages = [HubMessage]()
    for (view, audiences) in Dictionary(grouping: audiences, by: \.view) {
      let publications = run.map { Publication(data: desk.json($0, as: view), offset: $0.version) }
      for audience in audiences {
        let pushes = publications.map { audience.format.push($0, to: first.queue, of: first.epoch) }
        let encoded = EventRun(
          queue: first.queue, epoch: first.epoch, first: first.version, format: audience.format, pushes: pushes)
        messages.append(.run(encoded, audience))
      }
    }
    return messages
  }

  /// Cuts a batch into runs: of one queue and epoch, versions without a gap. Events of different queues may be mixed; those
  /// of one queue are joined as far as they follow each other.
  static func runs(of events: [QueueEvent]) -> [[QueueEvent]] {
    var runs = [[QueueEvent]]()
    var open = [QueueName: Int]()
    for event in events {
      if let index = open[event.queue], let last = runs[index].last, last.epoch == event.epoch,
        last.version + 1 == event.version, runs[index].count < runEvents
      {
        runs[index].append(event)
      } else {
        open[event.queue] = runs.count
        runs.append([event])
      }
    }
    return runs
  }
}
