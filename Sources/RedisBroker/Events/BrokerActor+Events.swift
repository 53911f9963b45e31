import Logging
public import ServiceQueue

extension BrokerActor {
  private static let blockTime = Duration.seconds(1)
  private static let entriesPerStream = 256
  private static let alignInterval = Duration.seconds(2)

  /// All events of all queues from now on; see `Broker`. Active when it returns. Ended when the Broker is.
  public func subscribe() async -> EventSubscription {
    subscribers.add()
  }

  /// Reads events on a connection of its own and hands them to the subscribers, until the Broker stops.
  func readEvents() async {
    var alignedAt: ContinuousClock.Instant?
    while phase == .running {
      do throws(BrokerError) {
        if alignedAt.map({ clock.now - $0 >= Self.alignInterval }) ?? true {
          try await align()
          alignedAt = clock.now
        }
        try await readNext()
      } catch {
        // A new connection may be one to a Redis that was restored or emptied.
        alignedAt = nil
        logger.debug("Reading events failed", metadata: ["error": "\(error)"])
        try? await Task.sleep(for: .milliseconds(20))
      }
      subscribers.recoverLost()
    }
  }

  private func readNext() async throws(BrokerError) {
    readPlan.update(for: positions, keys: keys, limit: Self.entriesPerStream, block: Self.blockTime)
    let value = try await execute(
      readPlan.command(after: positions), named: "read_events", effect: .wait, on: eventLink,
      timeout: Self.blockTime + configuration.commandTimeout)
    var news: [EventPositions.News] = []
    for stream in try StreamReply.streams(in: value) {
      if let queue = readPlan.queue(of: stream.key) {
        news += subscribers.count == 0 ? try pass(stream, of: queue) : try take(stream, of: queue)
      } else if stream.key == keys.control {
        for entry in stream.entries {
          positions.controlID = entry.id
          var fields = FieldReader(entry.value[...])
          guard let queue = fields.text().flatMap({ QueueName($0) }),
            let epoch = fields.text().flatMap({ Epoch($0) }), let version = fields.number()
          else { continue }
          news += positions.began(queue, epoch: epoch, at: version)
        }
      }
    }
    publish(news)
  }

  /// The stream's news for subscribers.
  private func take(_ stream: StreamReply.Stream, of queue: QueueName) throws(BrokerError) -> [EventPositions.News] {
    var news: [EventPositions.News] = []
    for entry in stream.entries {
      let version = try Self.version(of: entry)
      let event = EventCodec.event(from: entry.value)
      if let event { seen.note(queue, event.epoch, version) }
      news += positions.take(event, version: version, of: queue)
    }
    return news
  }

  /// Only how far it goes: there is nobody to be told.
  private func pass(_ stream: StreamReply.Stream, of queue: QueueName) throws(BrokerError) -> [EventPositions.News] {
    guard let last = stream.entries.last, let epoch = EventCodec.epoch(of: last.value) else {
      return try take(stream, of: queue)
    }
    let place = EventPositions.Place(epoch: epoch, version: try Self.version(of: last))
    seen.note(queue, place.epoch, place.version)
    positions.pass(to: place, of: queue)
    return []
  }

  private static func version(of entry: StreamReply.Entry) throws(BrokerError) -> QueueVersion {
    guard let version = UInt64(entry.id.prefix { $0 != "-" }) else { throw .notUnderstood("read_events") }
    return version
  }

  /// Finds out which queues there are and whether what was read so far continues in them. On the same connection as the
  /// reading, so that no version can be seen that is older than what was read.
  private func align() async throws(BrokerError) {
    let isFirst = positions.controlID == nil
    if isFirst {
      let command = RedisCommand("XREVRANGE", keys.control, "+", "-", "COUNT", "1")
      let value = try await execute(command, named: "align", effect: .question, on: eventLink)
      positions.controlID = try StreamReply.entries(in: value.elements ?? []).first?.id ?? "0-0"
    }
    let names = try await queueNames(on: eventLink)
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
    let news = positions.align(with: present)
    if isFirst {
      // Who subscribed before now may have missed what happened in between.
      send(.reset(nil))
    } else {
      publish(news)
    }
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

  private func send(_ batch: EventBatch) {
    if case .events(let events) = batch { metrics.read(events: events.count) }
    for _ in 0..<subscribers.send(batch) {
      metrics.overflowed()
      logger.warning("A subscriber is too slow and must start again from a snapshot")
    }
  }
}
