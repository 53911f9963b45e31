public import ServiceQueue

extension BrokerActor {
  /// Every queue, by name; see `Broker`.
  public func queues() async throws(BrokerError) -> [QueueSummary] {
    let names = try await queueNames()
    let results = await executeAll(names.map(summaryQuestion), named: "summary", effect: .question)
    var summaries: [QueueSummary] = []
    for (name, result) in zip(names, results) {
      switch result {
      case .success(let value): summaries.append(try Self.summary(of: name, from: value.elements ?? []))
      // Lost a moment ago.
      case .failure(let error) where error.code == .unknownQueue: break
      case .failure(let error): throw error
      }
    }
    return summaries
  }

  /// One queue; throws `unknownQueue`.
  public func queue(_ name: QueueName) async throws(BrokerError) -> QueueSummary {
    try Self.summary(of: name, from: await call(summaryQuestion(name), named: "summary", effect: .question))
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

  static func creation(of queue: QueueName, epoch: String, keys: KeySpace, library: FunctionLibrary) -> RedisCommand {
    var command = library.change("create_queue", keys: 8)
    for part: KeySpace.Part in [.meta, .svc, .live, .wait, .lease, .ev] { command.append(keys.key(part, of: queue)) }
    command.append(keys.queues)
    command.append(keys.control)
    command.append(queue.rawValue)
    command.append(epoch)
    command.append(BrokerConfiguration.mostQueues)
    return command
  }

  private func summaryQuestion(_ queue: QueueName) -> RedisCommand {
    question("summary", about: queue, [.meta, .svc, .live, .wait])
  }

  func question(_ function: String, about queue: QueueName, _ parts: [KeySpace.Part]) -> RedisCommand {
    var command = library.question(function, keys: parts.count)
    for part in parts { command.append(keys.key(part, of: queue)) }
    return command
  }

  /// `OK`, version, epoch, digest, paused, live, waiting.
  static func summary(of queue: QueueName, from reply: [RedisValue]) throws(BrokerError) -> QueueSummary {
    guard reply.count >= 7, let version = reply[1].bytes.flatMap(FieldReader.number),
      let epoch = reply[2].text.flatMap({ Epoch($0) }), let digest = reply[3].bytes.flatMap(FieldReader.number),
      let total = reply[5].bytes.flatMap(FieldReader.number), let waiting = reply[6].bytes.flatMap(FieldReader.number)
    else { throw .notUnderstood("summary") }
    return QueueSummary(
      queue: queue, version: version, epoch: epoch, digest: QueueDigest(value: digest),
      isPaused: reply[4].text == "1", total: Int(total), waiting: Int(waiting))
  }
}
