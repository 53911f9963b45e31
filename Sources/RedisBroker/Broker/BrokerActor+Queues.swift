import Logging
public import ServiceQueue

extension BrokerActor {
  /// Every queue, by name; see `Broker`.
  public func queues() async throws(BrokerError) -> [QueueSummary] {
    let names = try await queueNames()
    let results = await executeAll(names.map(summaryQuestion), named: "summary", effect: .question)
    var summaries: [QueueSummary] = []
    for (name, result) in zip(names, results) {
      switch result {
      case .success(let value): summaries.append(try summary(of: name, from: value.elements ?? []))
      // Lost a moment ago.
      case .failure(let error) where error.code == .unknownQueue: break
      case .failure(let error): throw error
      }
    }
    return summaries
  }

  /// One queue; throws `unknownQueue`.
  public func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary {
    try summary(of: name, from: await call(summaryQuestion(name), named: "summary", effect: .question))
  }

  /// Makes the queue if there is none of that name; true when it was made. At most `BrokerConfiguration.mostQueues`.
  public func createQueue(_ name: QueueName) async throws(BrokerError) -> Bool {
    let command = Self.creation(of: name, epoch: Self.newEpoch(), keys: keys, library: library)
    do throws(BrokerError) {
      let reply = try await call(command, named: "create_queue", effect: .change)
      guard reply.count == 2 else { throw BrokerError.notUnderstood("create_queue") }
      return reply[1].text == "1"
    } catch  where error.code == .invalidArgument {
      throw .outOfBounds("A site has at most \(BrokerConfiguration.mostQueues) queues")
    }
  }

  /// The names of all queues, sorted.
  func queueNames(on link: RedisLink? = nil) async throws(BrokerError) -> [QueueName] {
    let value = try await execute(RedisCommand("SMEMBERS", keys.queues), named: "queues", effect: .question, on: link)
    guard let members = value.elements else { throw .notUnderstood("queues") }
    return members.compactMap { $0.text.flatMap { QueueName($0) } }.sorted()
  }

  private func summaryQuestion(_ queue: QueueName) -> RedisCommand {
    question("summary", about: queue, [.meta])
  }

  func question(_ function: String, about queue: QueueName, _ parts: [KeySpace.Part]) -> RedisCommand {
    var command = library.question(function, keys: parts.count)
    for part in parts { command.append(keys.key(part, of: queue)) }
    return command
  }

  /// Entries of a summary in an answer.
  static let summaryLength = 10

  /// `OK`, version, epoch, digest, mode, scheduled, waiting, claimed, serving, on hold.
  func summary(of queue: QueueName, from reply: [RedisValue]) throws(BrokerError) -> QueueSummary {
    guard reply.count >= Self.summaryLength, let version = reply[1].bytes.flatMap(FieldReader.number),
      let epoch = reply[2].text.flatMap({ Epoch($0) }), let digest = reply[3].bytes.flatMap(FieldReader.number),
      let mode = reply[4].text.flatMap(QueueMode.init(rawValue:))
    else { throw .notUnderstood("summary") }
    var counts = StateCounts()
    for (state, value) in zip([ServiceState.scheduled, .waiting, .claimed, .serving, .onHold], reply[5...]) {
      guard let count = value.bytes.flatMap(FieldReader.number) else { throw .notUnderstood("summary") }
      counts[state] = Int(count)
    }
    seen.note(queue, epoch, version)
    return QueueSummary(
      queue: queue, version: version, epoch: epoch, digest: QueueDigest(value: digest), mode: mode, counts: counts)
  }

  /// A queue's recent work; throws `unknownQueue`.
  public func statistics(of queue: QueueName) async throws(BrokerError) -> QueueStatistics {
    let command = question("statistics", about: queue, [.meta, .staff, .times])
    let reply = try await call(command, named: "statistics", effect: .question)
    return try statistics(of: queue, from: reply, at: Self.summaryLength)
  }

  /// The summary at the front of `reply` and, from `index` on, active employees and handling times.
  func statistics(
    of queue: QueueName, from reply: [RedisValue], at index: Int
  ) throws(BrokerError) -> QueueStatistics {
    let summary = try summary(of: queue, from: reply)
    let numbers = reply.dropFirst(index).compactMap { $0.bytes.flatMap(FieldReader.number) }
    guard let active = numbers.first, numbers.count == reply.count - index else { throw .notUnderstood("statistics") }
    return QueueStatistics(
      summary: summary, activeEmployees: Int(active), handlingTimes: numbers.dropFirst().map { Int64($0) })
  }

  /// Tells the metrics what stands in every queue, from time to time.
  func measureQueues() async throws(BrokerError) {
    guard clock.now >= queuesMeasured + .seconds(10) else { return }
    queuesMeasured = clock.now
    queueMetrics.measured(try await queueMeasures())
  }

  /// What stands in every queue.
  func queueMeasures() async throws(BrokerError) -> [QueueMetrics.Measure] {
    let names = try await queueNames()
    let questions = names.map { question("measure", about: $0, [.meta, .svc, .wait, .need]) }
    var measures: [QueueMetrics.Measure] = []
    for (name, result) in zip(names, await executeAll(questions, named: "measure", effect: .question)) {
      // Lost a moment ago.
      if case .failure(let error) = result, error.code == .unknownQueue { continue }
      let reply = try result.get().elements ?? []
      let summary = try summary(of: name, from: reply)
      let waited = reply.count > Self.summaryLength ? reply[Self.summaryLength].bytes.flatMap(FieldReader.number) : nil
      measures.append(
        .init(
          queue: name, counts: summary.counts, isPaused: summary.isPaused,
          oldestWaiting: Double(waited ?? 0) / 1_000))
    }
    return measures
  }

  /// Gives a queue another mode; see `Broker`.
  public func changeMode(_ request: QueueModeRequest) async throws(BrokerError) -> QueueModeAnswer {
    let command = functionCall(
      "mode", in: request.queue, by: request.actor, key: request.idempotencyKey,
      CommandArguments(target: request.mode.rawValue), fingerprint: "mode|\(request.queue)|\(request.mode.rawValue)")
    let reply = try await call(command, named: "mode", effect: .change)
    guard reply.count == 5, let version = reply[1].bytes.flatMap(FieldReader.number),
      let mode = reply[2].text.flatMap(QueueMode.init(rawValue:))
    else { throw .notUnderstood("mode") }
    if let epoch = reply[4].text.flatMap({ Epoch($0) }) { seen.note(request.queue, epoch, version) }
    return QueueModeAnswer(
      queue: request.queue, mode: mode, queueVersion: version,
      isReplay: reply[3].text == "1" && request.idempotencyKey != nil)
  }

  /// Tells what was seen of a queue, so that it gets a new epoch when Redis is behind it; see `Broker`. Each new
  /// connection does the same for every queue that this Broker has seen.
  public func assure(
    _ queue: QueueName, seen version: QueueVersion, in epoch: Epoch
  ) async throws(BrokerError) -> Bool {
    guard version < 1 << 53 else { throw .outOfBounds("A version is below 2^53") }
    return try await renewEpoch(of: queue, seen: .init(epoch: epoch, version: version)).isNew
  }

  func renewEpoch(
    of queue: QueueName, seen place: EventPositions.Place, on link: RedisLink? = nil
  ) async throws(BrokerError) -> (isNew: Bool, place: EventPositions.Place) {
    let command = Self.assurance(of: queue, place, keys: keys, library: library)
    let reply = try await call(command, named: "assure", effect: .change, on: link)
    guard reply.count == 4, let epoch = reply[2].text.flatMap({ Epoch($0) }),
      let version = reply[3].bytes.flatMap(FieldReader.number)
    else { throw .notUnderstood("assure") }
    let isNew = reply[1].text == "1"
    if isNew {
      seen.note(queue, epoch, version)
      logger.warning(
        "Redis has older data than were seen; the queue begins a new epoch",
        metadata: ["queue": "\(queue)", "seen": "\(place.version)", "version": "\(version)"])
    }
    return (isNew, EventPositions.Place(epoch: epoch, version: version))
  }
}
