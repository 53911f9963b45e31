import Glibc
public import ServiceQueue

extension BrokerActor {
  /// The longest a read of the outbox waits for its first entry.
  private static let longestWait = Duration.seconds(30)

  /// The oldest changes that the reader lacks; see `Broker`. Meant for one of each kind that waits: such reads wait for one another. Waits
  /// at most 30 s. The outbox has no bound of its own, since no change may be lost: when Redis' memory is used up it refuses new changes.
  public func outbox(
    for reader: OutboxReader, after last: OutboxID?, limit: Int, wait: Duration
  ) async throws(BrokerError) -> [OutboxEntry] {
    guard (1...BrokerLimits.outbox).contains(limit) else {
      throw .outOfBounds("The limit of a read of the outbox is 1 to \(BrokerLimits.outbox)")
    }
    let wait = min(wait, Self.longestWait)
    switch reader {
    case .history:
      let reply = try await news(after: last?.description ?? "0-0", limit: limit, wait: wait, on: outboxLink)
      let streams = try StreamReply.streams(in: reply)
      return try (streams.first?.entries ?? []).map { (entry) throws(BrokerError) in
        try Self.entry(reply, entry.id, entry.value)
      }
    case .events:
      let (entries, end) = try await eventsOutbox(after: last, limit: limit)
      guard entries.isEmpty, wait.milliseconds > 0 else { return entries }
      let news = try await news(after: end, limit: 1, wait: wait, on: publishLink)
      guard try !StreamReply.streams(in: news).isEmpty else { return [] }
      return try await eventsOutbox(after: last, limit: limit).entries
    }
  }

  /// Tells that the reader has the entries; see `Broker`. At most `BrokerLimits.outbox` at one time.
  public func acknowledgeOutbox(_ ids: [OutboxID], for reader: OutboxReader) async throws(BrokerError) {
    guard ids.count <= BrokerLimits.outbox else {
      throw .outOfBounds("At most \(BrokerLimits.outbox) entries are acknowledged at one time")
    }
    guard let newest = ids.max() else { return }
    var command: RedisCommand
    switch reader {
    case .history:
      command = library.change("history_has", keys: 3)
      command.append(keys.outbox)
      command.append(keys.readers)
      command.append(keys.kept)
      for id in ids { command.append(id.description) }
    case .events:
      command = library.change("events_has", keys: 2)
      command.append(keys.readers)
      command.append(keys.kept)
      command.append(newest.description)
    }
    _ = try await call(command, named: "acknowledge", effect: .change)
  }

  /// For a server that does not publish: ends the enrolment of the reader `events` if nobody, in whatever process, has read for it for so
  /// long, so that nothing piles up for ever. True when it was enrolled. What it lacked is then never published.
  public func dismissEventsReader(idleFor time: Duration) async throws(BrokerError) -> Bool {
    var command = library.change("dismiss_events", keys: 2)
    command.append(keys.readers)
    command.append(keys.kept)
    command.append(time.milliseconds)
    return try await call(command, named: "dismiss_events", effect: .change).last?.text == "1"
  }

  /// Tells the metrics what each reader lacks, from time to time.
  func measureOutbox() async throws(BrokerError) {
    guard clock.now >= outboxMeasured + .seconds(5) else { return }
    outboxMeasured = clock.now
    var command = library.question("outbox_waiting", keys: 3)
    command.append(keys.outbox)
    command.append(keys.readers)
    command.append(keys.kept)
    let reply = try await call(command, named: "outbox_waiting", effect: .question)
    guard reply.count >= 3 else { throw .notUnderstood("outbox_waiting") }
    metrics.outbox(.history, entries: Self.count(reply[1]), lag: Self.age(reply[2]))
    let isEnrolled = reply.count >= 5
    metrics.outbox(
      .events, entries: isEnrolled ? Self.count(reply[3]) : 0, lag: isEnrolled ? Self.age(reply[4]) : 0)
  }

  // MARK: - Reading

  /// `XREAD` of the outbox.
  private func news(
    after place: String, limit: Int, wait: Duration, on link: RedisLink
  ) async throws(BrokerError) -> RedisReply {
    var command = RedisCommand("XREAD", "COUNT", String(limit))
    if wait.milliseconds > 0 {
      command.append("BLOCK")
      command.append(wait.milliseconds)
    }
    command.append("STREAMS")
    command.append(keys.outbox)
    command.append(place)
    return try await reply(
      to: command, named: "outbox", effect: .wait, on: wait.milliseconds > 0 ? link : reads,
      timeout: max(wait, .zero) + configuration.commandTimeout)
  }

  /// What the reader `events` lacks, and up to where the outbox was looked at.
  private func eventsOutbox(
    after last: OutboxID?, limit: Int
  ) async throws(BrokerError) -> (entries: [OutboxEntry], end: String) {
    var command = library.change("events_outbox", keys: 3)
    command.append(keys.outbox)
    command.append(keys.readers)
    command.append(keys.kept)
    command.append(last?.description ?? "")
    command.append(limit)
    let reply = try await reply(to: command, named: "events_outbox", effect: .change, on: reads)
    let parts = reply.parts
    guard parts.count >= 3, parts.count % 2 == 1, parts[0].kind == .array,
      parts.dropFirst(2).allSatisfy({ $0.kind == .string })
    else { throw .notUnderstood("events_outbox") }
    let entries = try stride(from: 3, to: parts.count, by: 2).map { (at) throws(BrokerError) in
      try Self.entry(reply, parts[at], parts[at + 1])
    }
    return (entries, reply.text(of: parts[2]))
  }

  private static func entry(
    _ reply: RedisReply, _ id: RedisReply.Part, _ value: RedisReply.Part
  ) throws(BrokerError) -> OutboxEntry {
    guard let id = OutboxID(reply.text(of: id)), let event = reply.withBytes(of: value, { EventCodec.event(from: $0) })
    else { throw .notUnderstood("outbox") }
    return OutboxEntry(id: id, event: event)
  }

  private static func count(_ value: RedisValue) -> Int { value.bytes.flatMap(FieldReader.number).map(Int.init) ?? 0 }

  /// Seconds since an entry came into the outbox; 0 for none. By the clock of this machine, as its id is by that of Redis.
  private static func age(_ value: RedisValue) -> Double {
    guard let id = value.text.flatMap({ OutboxID($0) }) else { return 0 }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    return Double(max(0, now - Int64(clamping: id.milliseconds))) / 1_000
  }
}
