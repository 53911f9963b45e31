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
    if submissions.count == 1 { return [try await submitOne(of: submissions)] }
    var outcomes = [SubmitOutcome?](repeating: nil, count: submissions.count)
    var taken: [Int] = []
    taken.reserveCapacity(submissions.count)
    for index in submissions.indices {
      if let refusal = Self.refusal(of: submissions[index]) {
        outcomes[index] = .refused(refusal)
      } else {
        taken.append(index)
      }
    }
    let chunks = Self.chunks(of: submissions, at: taken)
    let calls = chunks.map { (command: functionCall(for: submissions, at: $0.places), name: "submit") }
    let results = await replies(to: calls, effect: .change)
    var failure: BrokerError?
    for (chunk, result) in zip(chunks, results) {
      switch result {
      case .success(let reply):
        let moment = try moment(in: reply, of: chunk.queue, count: chunk.places.count)
        for (number, place) in chunk.places.enumerated() {
          outcomes[place] = try Self.outcome(in: reply, number: number, of: submissions[place], moment)
        }
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

  /// The only one of a batch.
  private func submitOne(of batch: [Submission]) async throws(BrokerError) -> SubmitOutcome {
    if let refusal = Self.refusal(of: batch[0]) { return .refused(refusal) }
    let began = clock.now
    let pending = send(functionCall(for: batch, at: 0..<1), effect: .change, began: began)
    let outcome = await withUnsafeContinuation { pending.resume($0) }
    do throws(BrokerError) {
      let reply = try finish(outcome, named: "submit", began: began)
      let moment = try moment(in: reply, of: batch[0].queue, count: 1)
      return try Self.outcome(in: reply, number: 0, of: batch[0], moment)
    } catch  where error.code == .unknownQueue {
      return .refused(error)
    }
  }

  private static func refusal(of submission: Submission) -> BrokerError? {
    if !Service.isKind(submission.kind) { return .outOfBounds("The kind must be 1 to 64 of a-z, 0-9, ., _ and -") }
    if submission.idempotencyKey.utf8.count > mostKeyBytes {
      return .outOfBounds("The idempotency key is longer than \(mostKeyBytes) bytes")
    }
    return nil
  }

  /// Which submissions go into one call, those of each queue in their order.
  private static func chunks(
    of submissions: [Submission], at places: [Int]
  ) -> [(queue: QueueName, places: ArraySlice<Int>)] {
    guard let queue = places.first.map({ submissions[$0].queue }) else { return [] }
    var groups = [(queue: queue, places: places)]
    if !places.allSatisfy({ submissions[$0].queue == queue }) {
      let ofQueue = Dictionary(grouping: places) { submissions[$0].queue }
      groups = ofQueue.map { ($0.key, $0.value) }.sorted { $0.places[0] < $1.places[0] }
    }
    var chunks: [(queue: QueueName, places: ArraySlice<Int>)] = []
    for group in groups {
      var rest = group.places[...]
      while !rest.isEmpty {
        let count = chunkLength(submissions, at: rest)
        chunks.append((group.queue, rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
    }
    return chunks
  }

  /// How many of the submissions, of which there is one, go into one call.
  private static func chunkLength(_ submissions: [Submission], at places: ArraySlice<Int>) -> Int {
    var count = 0
    var bytes = 0
    for place in places.prefix(chunk) {
      bytes += submissions[place].sealedBytes
      if count > 0 && bytes > chunkBytes { break }
      count += 1
    }
    return count
  }

  /// Of the submissions at `places`, of which there is one, all of one queue. Looks at the fields where they are: to copy a submission
  /// is to retain all that it refers to.
  func functionCall(for all: [Submission], at places: some Collection<Int>) -> RedisCommand {
    let queue = all[places[places.startIndex]].queue
    let front = fronts.of(queue)
    var room = 128
    for place in places { room += 288 + all[place].sealedBytes }
    var call = RedisCommand(front: front.call("submit", keys: 12 + places.count), capacity: room)
    for place in places {
      keys.appendIdempotency(
        kind: "submit", owner: all[place].submitter, key: all[place].idempotencyKey, to: &call)
    }
    call.append(queue.rawValue)
    call.append(configuration.eventHistory)
    call.append(Self.keyLife)
    for place in places {
      call.append(all[place].id.rawValue)
      call.append(RedisCommand.field(all[place].fingerprint))
      call.append(all[place].priority.level)
      call.append(all[place].requires.isEmpty ? "" : all[place].requires.description)
      if let moment = all[place].scheduledFor { call.append(max(moment.milliseconds, 0)) } else { call.append("") }
      call.append(RedisCommand.field(all[place].submitter))
      call.append(RedisCommand.field(all[place].submitterName))
      call.append(RecordCodec.rest(kind: all[place].kind, personal: all[place].personal))
    }
    return call
  }

  /// When it was, from an answer to `count` submissions: `OK`, now, epoch, version, then five for each.
  private func moment(in reply: RedisReply, of queue: QueueName, count: Int) throws(BrokerError) -> Timestamp {
    guard reply.count == 4 + count * 5, let now = reply.number(1), let version = reply.number(3) else {
      throw .notUnderstood("submit")
    }
    seen.note(queue, epochIn: reply, at: 2, version: version)
    return RecordCodec.timestamp(now)
  }

  private static func refusal(_ code: BrokerError.Code) -> BrokerError {
    guard code == .invalidArgument else { return .refusal(code) }
    return .outOfBounds(
      "The id is that of a live service, the time is more than 366 days ahead, or the queue has"
        + " \(SkillSet.mostPerQueue) other sets of required skills already")
  }

  /// `S`, version, order, ticket, scheduled for, or `D`, id, or `R`, code.
  private static func outcome(
    in reply: RedisReply, number: Int, of item: Submission, _ now: Timestamp
  ) throws(BrokerError) -> SubmitOutcome {
    let index = 4 + number * 5
    if reply.element(index, is: "S"), let version = reply.number(index + 1), let ticket = reply.number(index + 3),
      let order = reply.number(index + 2).flatMap({ OrderKey(Int64($0)) }),
      let scheduledFor = reply.optionalNumber(index + 4)
    {
      let service = Service(
        id: item.id, queue: item.queue, ticket: ticket, kind: item.kind, priority: item.priority, order: order,
        state: scheduledFor == nil ? .waiting : .scheduled, version: 1, attempts: 0, requires: item.requires,
        submitter: RedisCommand.field(item.submitter), submittedAt: now,
        scheduledFor: scheduledFor.map(RecordCodec.timestamp), personal: item.personal)
      return .stored(service, queueVersion: version)
    }
    if reply.element(index, is: "D"), let id = reply.text(index + 1).flatMap({ ServiceID($0) }) {
      return .duplicate(id)
    }
    if reply.element(index, is: "R"), let code = reply.text(index + 1).flatMap(BrokerError.Code.init(rawValue:)) {
      return .refused(refusal(code))
    }
    throw .notUnderstood("submit")
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
