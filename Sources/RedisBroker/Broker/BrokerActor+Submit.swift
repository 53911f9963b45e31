public import ServiceQueue

extension BrokerActor {
  /// Submissions in one call of the function, which holds up Redis for that long.
  private static let chunk = 50
  /// Bytes of sealed data in one call, unless one submission alone has more.
  private static let chunkBytes = 262_144
  private static let keyLife = 86_400_000
  private static let mostKeyBytes = 1_024

  /// Stores a batch; see `Broker`. The submissions of one queue keep their order. Throws when the outcome of any part is not
  /// known: what was stored then answers as a duplicate when the batch is sent again. A `duplicate` may be of this very call,
  /// where the connection broke and the Broker sent it twice.
  public func submit(_ submissions: [Submission]) async throws(BrokerError) -> [SubmitOutcome] {
    guard submissions.count <= BrokerLimits.submitBatch else {
      throw .outOfBounds("A batch holds at most \(BrokerLimits.submitBatch) submissions; split it")
    }
    var outcomes = [SubmitOutcome?](repeating: nil, count: submissions.count)
    var places: [QueueName: [Int]] = [:]
    var order: [QueueName] = []
    for (index, submission) in submissions.enumerated() {
      if let refusal = Self.refusal(of: submission) {
        outcomes[index] = .refused(refusal)
      } else {
        if places[submission.queue] == nil { order.append(submission.queue) }
        places[submission.queue, default: []].append(index)
      }
    }
    var chunks: [(queue: QueueName, places: ArraySlice<Int>)] = []
    for queue in order {
      var rest = (places[queue] ?? [])[...]
      while !rest.isEmpty {
        let count = Self.chunkLength(rest.lazy.map { submissions[$0] })
        chunks.append((queue, rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
    }
    let calls = chunks.map { functionCall(for: $0.places.map { submissions[$0] }, in: $0.queue) }
    let results = await executeAll(calls, named: "submit", effect: .change)
    var failure: BrokerError?
    for (chunk, result) in zip(chunks, results) {
      switch result {
      case .success(let value):
        try fill(&outcomes, in: chunk.queue, at: chunk.places, from: value, submissions)
      case .failure(let error) where error.code == .unknownQueue:
        for place in chunk.places { outcomes[place] = .refused(error) }
      case .failure(let error):
        failure = failure ?? error
      }
    }
    if let failure {
      guard failure.changedNothing, outcomes.contains(where: { $0?.isStored == true }) else { throw failure }
      throw BrokerError(
        .outcomeUnknown, "A part of the batch was stored; send it again under the same keys (\(failure.message))")
    }
    return outcomes.compactMap(\.self)
  }

  private static func refusal(of submission: Submission) -> BrokerError? {
    if !Service.isKind(submission.kind) { return .outOfBounds("The kind must be 1 to 64 of a-z, 0-9, ., _ and -") }
    if submission.idempotencyKey.utf8.count > mostKeyBytes {
      return .outOfBounds("The idempotency key is longer than \(mostKeyBytes) bytes")
    }
    return nil
  }

  /// How many of the submissions, of which there is one, go into one call.
  private static func chunkLength(_ submissions: some Sequence<Submission>) -> Int {
    var count = 0
    var bytes = 0
    for item in submissions.prefix(chunk) {
      bytes += item.sealedBytes
      if count > 0 && bytes > chunkBytes { break }
      count += 1
    }
    return count
  }

  func functionCall(for items: [Submission], in queue: QueueName) -> RedisCommand {
    let room = items.reduce(2_048) { $0 + 384 + $1.sealedBytes }
    var call = library.change("submit", keys: 12 + items.count, capacity: room)
    call.append(contentsOf: fronts.of(queue).keys)
    for item in items {
      call.append(keys.idempotency(kind: "submit", owner: item.submitter, key: item.idempotencyKey))
    }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    call.append(Self.keyLife)
    for item in items {
      call.append(item.id.rawValue)
      call.append(RedisCommand.field(item.fingerprint))
      call.append(item.priority.level)
      call.append(item.requires.description)
      call.append(item.scheduledFor.map { String(max($0.milliseconds, 0)) } ?? "")
      call.append(RedisCommand.field(item.submitter))
      call.append(RedisCommand.field(item.submitterName))
      call.append(RecordCodec.rest(kind: item.kind, personal: item.personal))
    }
    return call
  }

  /// `OK`, now, epoch, version, then for each item `S` version order ticket scheduled-for, or `D` id, or `R` code.
  private func fill(
    _ outcomes: inout [SubmitOutcome?], in queue: QueueName, at places: ArraySlice<Int>, from value: RedisValue,
    _ submissions: [Submission]
  ) throws(BrokerError) {
    guard let reply = value.elements, reply.count == 4 + places.count * 5,
      let now = reply[1].bytes.flatMap(FieldReader.number), let version = reply[3].bytes.flatMap(FieldReader.number)
    else { throw .notUnderstood("submit") }
    seen.note(queue, epoch: reply[2], version: version)
    for (number, place) in places.enumerated() {
      let told = reply[(4 + number * 5)..<(9 + number * 5)].map { $0.bytes ?? [] }
      guard let outcome = Self.outcome(told, of: submissions[place], at: RecordCodec.timestamp(now)) else {
        throw .notUnderstood("submit")
      }
      outcomes[place] = outcome
    }
  }

  private static func refusal(_ code: BrokerError.Code) -> BrokerError {
    guard code == .invalidArgument else { return .refusal(code) }
    return .outOfBounds(
      "The id is that of a live service, the time is more than 366 days ahead, or the queue has"
        + " \(SkillSet.mostPerQueue) other sets of required skills already")
  }

  private static func outcome(_ told: [[UInt8]], of item: Submission, at now: Timestamp) -> SubmitOutcome? {
    let first = String(decoding: told[1], as: UTF8.self)
    switch told[0] {
    case [UInt8(ascii: "S")]:
      guard let version = FieldReader.number(told[1]), let ticket = FieldReader.number(told[3]),
        let order = FieldReader.number(told[2]).flatMap({ OrderKey(Int64($0)) })
      else { return nil }
      let scheduledFor = FieldReader.number(told[4]).map { RecordCodec.timestamp($0) }
      let service = Service(
        id: item.id, queue: item.queue, ticket: ticket, kind: item.kind, priority: item.priority, order: order,
        state: scheduledFor == nil ? .waiting : .scheduled, version: 1, attempts: 0, requires: item.requires,
        submitter: RedisCommand.field(item.submitter), submittedAt: now, scheduledFor: scheduledFor,
        personal: item.personal)
      return .stored(service, queueVersion: version)
    case [UInt8(ascii: "D")]:
      return ServiceID(first).map { .duplicate($0) }
    case [UInt8(ascii: "R")]:
      guard let code = BrokerError.Code(rawValue: first) else { return nil }
      return .refused(refusal(code))
    default:
      return nil
    }
  }
}

extension Submission {
  fileprivate var sealedBytes: Int { (personal?.ciphertext.count ?? 0) + (personal?.wrappedKey.count ?? 0) }
}

extension SubmitOutcome {
  fileprivate var isStored: Bool {
    if case .stored = self { true } else { false }
  }
}
