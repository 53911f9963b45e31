import Logging
import Metrics
import Reactor
import ServiceQueue

// The forwarder: one task per session, one batch under way, so that requests reach the Broker in their order.

extension ConsumerActor {
  /// Submits batch after batch until the session ends. What piles up while one is under way goes as the next.
  func forward() async {
    guard let session else { return }
    while let batch = await nextBatch(session), let outcomes = await submit(batch, session) {
      settle(batch, outcomes, session)
    }
  }

  private func nextBatch(_ session: Session) async -> [Session.Prepared]? {
    if session.hasEnded || !session.prepared.isEmpty { return session.takeBatch() }
    return await withCheckedContinuation { session.waitingForBatch = $0 }
  }

  /// The outcomes of a batch, however often it has to be tried; nil when the session has ended.
  private func submit(_ batch: [Session.Prepared], _ session: Session) async -> [SubmitOutcome]? {
    let submissions = batch.map(\.submission)
    var attempt = 0
    while !session.hasEnded, !Task.isCancelled {
      do throws(BrokerError) {
        let outcomes = try await broker.submit(submissions)
        guard outcomes.count == submissions.count else {
          throw BrokerError(.internal, "The Broker answered \(outcomes.count) of \(submissions.count) submissions")
        }
        metrics.batches.increment()
        if attempt > 0, !isStopping { reportConsuming(session) }
        return outcomes
      } catch {
        if !Self.mayPass(error.code) {
          // It is about one of them: alone, each finds its own outcome.
          guard batch.count > 1 else { return [.refused(error)] }
          var outcomes: [SubmitOutcome] = []
          for prepared in batch {
            guard let outcome = await submit([prepared], session) else { return nil }
            outcomes += outcome
          }
          return outcomes
        }
        if !isStopping { report(.brokerUnavailable, "\(error)") }
        if attempt == 0 {
          logger.warning("The Broker does not take requests; trying again", metadata: ["error": "\(error)"])
        }
        metrics.submitRetries.increment()
        let delay = Backoff.submit.delay(attempt: attempt, chance: .random(in: 0..<1, using: &random))
        attempt += 1
        // Ends at once when the session ends: the task is cancelled then.
        try? await Task.sleep(for: delay)
      }
    }
    return nil
  }

  /// True for errors that say nothing about the submissions themselves.
  private static func mayPass(_ code: BrokerError.Code) -> Bool {
    switch code {
    case .unavailable, .overloaded, .outcomeUnknown, .internal: true
    case .unknownQueue, .notFound, .queueEmpty, .illegalTransition, .staleFence, .notOwner, .versionMismatch,
      .badTarget, .idempotencyKeyReused, .invalidArgument, .queuePaused, .queueDraining, .atCapacity, .missingSkill,
      .reinstateExpired:
      false
    }
  }

  /// Settles what is stored, dead-letters what is refused, acknowledges.
  private func settle(_ batch: [Session.Prepared], _ outcomes: [SubmitOutcome], _ session: Session) {
    guard !session.hasEnded else { return }
    var (stored, duplicates) = (0, 0)
    do throws(AMQPError) {
      for (prepared, outcome) in zip(batch, outcomes) {
        switch outcome {
        case .stored(let service, _):
          stored += 1
          settle(prepared, "Message stored", service.id, session)
        case .duplicate(let first):
          duplicates += 1
          settle(prepared, "Message was stored before", first, session)
        case .refused(let error):
          let rejection = Rejection(error)
          try deadLetter(
            Session.DeadLetter(delivery: prepared.delivery, rejection: rejection, trace: prepared.trace), session)
        }
      }
      try sendAcks(session)
    } catch {
      end(session, error)
    }
    metrics.stored.increment(by: stored)
    metrics.duplicates.increment(by: duplicates)
    recordHeld(session)
    resumeReading(session)
    finishIfDone(session)
  }

  private func settle(_ prepared: Session.Prepared, _ message: Logger.Message, _ id: ServiceID, _ session: Session) {
    session.settle(prepared.delivery)
    MessageTrace.within(prepared.trace) {
      logger.debug(message, metadata: ["service": "\(id)", "delivery_tag": "\(prepared.delivery.tag)"])
    }
    prepared.trace?.end()
  }
}
