import Logging
import Metrics
import Reactor
import ServiceQueue

// A delivery: what it is, and the way to the dead letters.

extension ConsumerActor {
  /// Analyses a delivery: it is prepared for the forwarder, settled (dropped), or on its way to the dead letters.
  func receive(_ delivery: Delivery, _ session: Session) throws {
    guard session.receive(delivery) else {
      throw AMQPError(.library, "RabbitMQ delivered tag \(delivery.tag) out of order")
    }
    metrics.received.increment()
    if delivery.isRedelivered { metrics.redelivered.increment() }
    var trace: MessageTrace?
    let analysis = analyser.analyse(delivery, matched: { ruleMetrics.matched($0) }) {
      // The first that is well formed: a message's own headers are nearer than what its event says.
      if trace == nil { trace = MessageTrace($0, queue: configuration.topology.queue) }
    }
    ruleMetrics.count(analysis)
    switch analysis {
    case .accept(let accepted):
      if accepted.draft.unknownMembers > 0 { metrics.unknownMembers.increment(by: accepted.draft.unknownMembers) }
      let submission = try seal(accepted, trace?.carried)
      session.prepared.append(Session.Prepared(delivery: delivery, submission: submission, trace: trace))
    case .drop:
      metrics.dropped.increment()
      session.settle(delivery)
      MessageTrace.within(trace) {
        logger.debug("Message dropped by a rule", metadata: ["delivery_tag": "\(delivery.tag)"])
      }
      trace?.end()
    case .reject(let rejection):
      try deadLetter(Session.DeadLetter(delivery: delivery, rejection: rejection, trace: trace), session)
    }
  }

  /// A vault that cannot seal is a fault of the node: the session ends, and the message comes again.
  private func seal(_ accepted: Analyser.Accepted, _ trace: TraceContext?) throws -> Submission {
    let id = ids.next(now: .now, using: &random)
    let personal = accepted.draft.personal
    return Submission(
      id: id, queue: accepted.draft.queue, kind: accepted.draft.kind, priority: accepted.draft.priority,
      requires: accepted.draft.requires, scheduledFor: accepted.draft.scheduledFor,
      personal: personal.isEmpty ? nil : try vault.seal(personal, for: id), submitter: "amqp", submitterName: "amqp",
      idempotencyKey: accepted.idempotencyKey, fingerprint: try vault.fingerprint(of: accepted.canonicalBytes),
      trace: trace)
  }

  /// Sends a message to the dead letters, at once or when those before it are confirmed and RabbitMQ takes something in; it is settled
  /// when that is confirmed.
  func deadLetter(_ letter: Session.DeadLetter, _ session: Session) throws(AMQPError) {
    session.waitingLetters.append(letter)
    try publishLetters(session)
  }

  /// Publishes what may be published now of the dead letters that wait.
  func publishLetters(_ session: Session) throws(AMQPError) {
    while let letter = session.takeLetter() { try publish(letter, session) }
    metrics.deadLettersWaiting.record(session.waitingLetters.count)
  }

  /// With its own properties, and headers that tell why and where it came from; headers of types that Usher does not read are left out.
  private func publish(_ letter: Session.DeadLetter, _ session: Session) throws(AMQPError) {
    let delivery = letter.delivery
    let id = ids.next(now: .now, using: &random)
    let properties = delivery.properties.deadLettered(
      letter.rejection, id: id.rawValue, at: .now, exchange: delivery.exchange, routingKey: delivery.routingKey)
    let number = try session.publisher.publish(
      delivery.body, properties: properties, exchange: configuration.topology.deadExchange,
      routingKey: delivery.routingKey)
    session.deadLetters.published(number, letter)
  }

  /// Settles what is safe in the dead letters; what RabbitMQ did not take is published again a little later.
  func confirmed(_ confirm: Confirm, _ session: Session) {
    let letters = session.deadLetters.take(confirm)
    for letter in letters { session.letterBytes -= letter.delivery.weight }
    for letter in letters where confirm.isPositive {
      session.settle(letter.delivery)
      metrics.rejected[letter.rejection.reason]?.increment()
      MessageTrace.within(letter.trace) {
        logger.info(
          "Message dead-lettered",
          metadata: [
            "reason": "\(letter.rejection.reason.rawValue)", "detail": "\(letter.rejection.detail)",
            "delivery_tag": "\(letter.delivery.tag)",
          ])
      }
      letter.trace?.end()
    }
    guard !confirm.isPositive, !letters.isEmpty else { return }
    metrics.deadLetterRetries.increment(by: letters.count)
    logger.warning("RabbitMQ did not take dead letters; trying again", metadata: ["count": "\(letters.count)"])
    let delay = Backoff.deadLetter.delay(attempt: 0, chance: .random(in: 0..<1, using: &random))
    reactor.schedule(after: delay) {
      guard !session.hasEnded else { return }
      do throws(AMQPError) {
        for letter in letters { try self.deadLetter(letter, session) }
      } catch {
        self.end(session, error)
      }
    }
  }
}
