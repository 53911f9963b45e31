extension SiteModel {
  /// Stores a batch; see `Broker.submit`. Queue by queue, in the order in which they are first named; the submissions of one
  /// queue in their order.
  public mutating func submit(_ submissions: [Submission], at now: Int64) -> [SubmitOutcome] {
    forget(at: now)
    var named: [QueueName] = []
    for submission in submissions where !named.contains(submission.queue) { named.append(submission.queue) }
    var outcomes: [Int: SubmitOutcome] = [:]
    for queue in named {
      for (place, submission) in submissions.enumerated() where submission.queue == queue {
        outcomes[place] = submit(submission, at: now)
      }
    }
    return submissions.indices.compactMap { outcomes[$0] }
  }

  private mutating func submit(_ item: Submission, at now: Int64) -> SubmitOutcome {
    let key = RememberedKey(kind: .submission, owner: item.submitter, key: item.idempotencyKey)
    let content = Remembered.Content.submission(fingerprint: item.fingerprint)
    do throws(BrokerError) {
      guard queues[item.queue] != nil else { throw .refusal(.unknownQueue) }
      if case .submitted(let id)? = try earlier(key, content, at: now) { return .duplicate(id) }
      try check(item, at: now)
    } catch {
      // Nothing is remembered: the producer may send it again when the queue takes it.
      return .refused(error)
    }
    let service = service(of: item, at: now)
    record(service, by: item.submitterName, at: now) { .added($0, from: nil) }
    remember(.submitted(item.id), of: content, for: key, at: now)
    return .stored(service, queueVersion: queues[item.queue]?.version ?? 0)
  }

  private func check(_ item: Submission, at now: Int64) throws(BrokerError) {
    guard index[item.id] == nil else { throw .refusal(.invalidArgument) }
    guard queues[item.queue]?.mode != .draining else { throw .refusal(.queueDraining) }
    if let due = item.scheduledFor?.milliseconds, due > now + Submission.mostAhead {
      throw .refusal(.invalidArgument)
    }
    guard queues[item.queue]?.isFull(for: item.requires) == false else { throw .refusal(.invalidArgument) }
  }

  /// The service that it becomes. One that is to be in line later stands where it would if it arrived then.
  private mutating func service(of item: Submission, at now: Int64) -> Service {
    let due = item.scheduledFor.flatMap { $0.milliseconds > now ? $0 : nil }
    let arrival: Int64
    if let due {
      arrival = due.milliseconds * OrderKey.ticksPerMillisecond
    } else {
      let last = queues[item.queue]?.lastArrival ?? 0
      arrival = max(now * OrderKey.ticksPerMillisecond, last + OrderKey.arrivalGap)
      queues[item.queue]?.lastArrival = arrival
    }
    let order = OrderKey(clamping: arrival - item.priority.boost * OrderKey.ticksPerMillisecond)
    return Service(
      id: item.id, queue: item.queue, ticket: nextTicket(of: item.queue), kind: item.kind, priority: item.priority,
      order: order, state: due == nil ? .waiting : .scheduled, version: 1, attempts: 0, requires: item.requires,
      submitter: item.submitter, submittedAt: Timestamp(milliseconds: now), scheduledFor: due, personal: item.personal)
  }
}
