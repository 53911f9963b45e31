import Logging
import Reactor
public import ServiceQueue

extension BrokerActor {
  private static let blockTime = Duration.seconds(1)
  private static let entriesPerStream = 256
  private static let alignInterval = Duration.seconds(2)

  /// All events of all queues from now on; see `Broker`. Active when it returns. Ended when the Broker is.
  public func subscribe() async -> EventSubscription {
    if subscribers.count == 0 {
      // What others changed since the last look comes too, though it was before.
      for (queue, place) in seen.places { positions.skip(to: place, of: queue) }
    }
    let subscription = subscribers.add()
    eventPause.end()
    return subscription
  }

  /// Reads events on a connection of its own and hands them to the subscribers, until the Broker stops. While there are none it only
  /// looks from time to time how far the queues are.
  func readEvents() async {
    var alignedAt: ContinuousClock.Instant?
    while phase == .running {
      do throws(BrokerError) {
        if alignedAt.map({ clock.now - $0 >= Self.alignInterval }) ?? true {
          try await align()
          alignedAt = clock.now
        }
        if subscribers.count > 0 { try await readNext() } else { await pauseEvents() }
      } catch {
        // A new connection may be one to a Redis that was restored or emptied.
        alignedAt = nil
        logger.debug("Reading events failed", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .milliseconds(20))
      }
      subscribers.recoverLost()
    }
  }

  /// Waits for a subscriber, at most until it is time for another look.
  private func pauseEvents() async {
    guard phase == .running else { return }
    await eventPause.wait(Self.alignInterval, on: reactor)
  }

  private func readNext() async throws(BrokerError) {
    readPlan.update(for: positions, keys: keys, limit: Self.entriesPerStream, block: Self.blockTime)
    let reply = try await reply(
      to: readPlan.command(after: positions), named: "read_events", effect: .wait, on: eventLink,
      timeout: Self.blockTime + configuration.commandTimeout)
    var news: [EventPositions.News] = []
    for stream in try StreamReply.streams(in: reply) {
      if let queue = readPlan.queue(of: stream.key) {
        try take(stream.entries, of: queue, from: reply, into: &news)
      } else if stream.key == keys.control {
        for entry in stream.entries {
          positions.controlID = reply.text(of: entry.id)
          if let (queue, place) = reply.withBytes(of: entry.value, Self.beginning) {
            news += positions.began(queue, epoch: place.epoch, at: place.version)
          }
        }
      }
    }
    publish(news)
  }

  /// An entry of the control stream.
  private static func beginning(_ line: UnsafeRawBufferPointer) -> (queue: QueueName, place: EventPositions.Place)? {
    var fields = FieldReader(line)
    guard let queue = fields.text().flatMap({ QueueName($0) }), let epoch = fields.text().flatMap({ Epoch($0) }),
      let version = fields.number()
    else { return nil }
    return (queue, EventPositions.Place(epoch: epoch, version: version))
  }

  private func take(
    _ entries: [StreamReply.Entry], of queue: QueueName, from reply: RedisReply, into news: inout [EventPositions.News]
  ) throws(BrokerError) {
    for entry in entries {
      guard let version = reply.withBytes(of: entry.id, { FieldReader.number($0.prefix { $0 != UInt8(ascii: "-") }) })
      else { throw .notUnderstood("read_events") }
      let place = positions.places[queue].map { (queue, $0.epoch) }
      let event = reply.withBytes(of: entry.value) { EventCodec.event(from: $0, likely: place) }
      if let event { seen.note(queue, event.epoch, version) }
      news += positions.take(event, version: version, of: queue)
    }
  }

  /// Finds out which queues there are and whether what was read so far continues in them. On the same connection as the
  /// reading, so that no version can be seen that is older than what was read.
  private func align() async throws(BrokerError) {
    let isFirst = positions.controlID == nil
    let control = isFirst || subscribers.count == 0 ? try await lastControlID() : nil
    var names = try await queueNames(on: eventLink)
    if !isFirst, !configuration.queues.allSatisfy(names.contains) {
      // Before anybody is told to start again: a client that finds no queue then does not try again.
      await ensureQueues()
      names = try await queueNames(on: eventLink)
    }
    let questions = names.map { RedisCommand("HMGET", keys.key(.meta, of: $0), "epoch", "version") }
    var present: [QueueName: EventPositions.Place] = [:]
    for (name, result) in zip(names, await executeAll(questions, named: "align", effect: .question, on: eventLink)) {
      let values = try result.get().elements ?? []
      guard values.count == 2, let epoch = values[0].text.flatMap({ Epoch($0) }),
        let version = values[1].bytes.flatMap(FieldReader.number)
      else { continue }
      present[name] = EventPositions.Place(epoch: epoch, version: version)
    }
    for (name, place) in present {
      // Answers may have told of more since the question; the function looks again.
      if let ahead = seen.place(aheadOf: place, of: name) {
        present[name] = try await renewEpoch(of: name, seen: ahead).place
      }
    }
    metrics.behind(events: subscribers.count > 0 ? positions.behind(present) : 0)
    // Others' changes too, which no answer and, while nobody follows them, no event tells of.
    for (name, place) in present { seen.note(name, place.epoch, place.version) }
    if let control, isFirst || subscribers.count == 0 {
      positions.controlID = control
      positions.begin(at: present)
      // Who subscribed before now may have missed what happened in between.
      send(.reset(nil))
    } else {
      publish(positions.align(with: present))
    }
  }

  private func lastControlID() async throws(BrokerError) -> String {
    let command = RedisCommand("XREVRANGE", keys.control, "+", "-", "COUNT", "1")
    let reply = try await reply(to: command, named: "align", effect: .question, on: eventLink)
    return try StreamReply.entries(in: reply).first.map { reply.text(of: $0.id) } ?? "0-0"
  }

  /// One batch for all events between two resets.
  private func publish(_ news: [EventPositions.News]) {
    var events: [QueueEvent] = []
    for item in news {
      switch item {
      case .event(let event): events.append(event)
      case .reset(let queue):
        if !events.isEmpty { send(.events(events)) }
        events = []
        logger.notice("The events of a queue are not continuous", metadata: ["queue": "\(queue)"])
        send(.reset(queue))
      }
    }
    if !events.isEmpty { send(.events(events)) }
  }

  func send(_ batch: EventBatch) {
    if case .events(let events) = batch { metrics.read(events: events.count) }
    for _ in 0..<subscribers.send(batch) {
      metrics.overflowed()
      logger.warning("A subscriber is too slow and must start again from a snapshot")
    }
  }
}
