import Logging
import Metrics
import Reactor
import ServiceQueue

// A session: from the connection to its end.

extension ConsumerActor {
  static let consumerTag = "usher"
  /// Frames looked at before other work of the thread has its turn.
  private static let drainLimit = 512
  private static let quietPeriod = Duration.milliseconds(50)

  /// Connects, declares the topology and begins to consume. Blocks the reactor's thread, which is the actor's own.
  func openSession() throws(AMQPError) -> Session {
    let options = AMQPConnection.Options(name: "usher intake", heartbeat: configuration.heartbeat)
    let connection = try AMQPConnection.open(configuration.url, options: options)
    try connection.declare(configuration.topology)
    try connection.setPrefetch(configuration.prefetch)
    let session = Session(connection: connection, prefetch: configuration.prefetch)
    try connection.consume(configuration.topology.queue, tag: Self.consumerTag)
    self.session = session
    try listen(session)
    report(.consuming, "consuming \(configuration.topology.queue)")
    logger.info(
      "Consuming from RabbitMQ",
      metadata: [
        "queue": "\(configuration.topology.queue)", "prefetch": "\(configuration.prefetch)",
        "heartbeat_s": "\(connection.heartbeat)",
      ])
    return session
  }

  private func listen(_ session: Session) throws(AMQPError) {
    do {
      session.watch = try reactor.watch(session.connection.descriptor, for: .readable) { _ in self.drain(session) }
    } catch {
      throw AMQPError(.library, "The socket cannot be watched: \(error)")
    }
    scheduleHeartbeat(session)
    // What came with the answers is in the library already.
    postDrain(session)
  }

  /// Forwards until the session ends, then closes the connection.
  func serve(_ session: Session) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.forward() }
      await withCheckedContinuation { waiting in
        if session.hasEnded { waiting.resume() } else { session.waitingForEnd = waiting }
      }
      group.cancelAll()
    }
    self.session = nil
    metrics.inFlight.record(0)
    if session.failure == nil { session.connection.close() }
  }

  /// Ends a session, with the reason if it failed; acknowledges what is settled if it did not.
  func end(_ session: Session, _ failure: (any Error)?) {
    guard !session.hasEnded else { return }
    session.hasEnded = true
    session.failure = failure
    session.watch?.cancel()
    session.heartbeatTimer?.cancel()
    session.graceTimer?.cancel()
    session.quietTimer?.cancel()
    if failure == nil { try? sendAcks(session, force: true) }
    if session.window.openCount > 0 {
      logger.notice("Deliveries were left to come again", metadata: ["count": "\(session.window.openCount)"])
    }
    session.feedForwarder()
    session.waitingForEnd.take()?.resume()
  }

  /// Begins to finish a session. A quorum queue may have assigned deliveries to the consumer that are still on their way, and
  /// those it would give back in any order if the consumer ended now. So acknowledgements, which make it assign more, are
  /// held for a moment; when everything has come the consumer is cancelled.
  func finish(_ session: Session, within grace: Duration) {
    session.phase = .settlingDown
    session.graceTimer = reactor.schedule(after: grace) { self.end(session, nil) }
    session.quietTimer = reactor.schedule(after: Self.quietPeriod) { self.cancelConsumer(session) }
  }

  private func cancelConsumer(_ session: Session) {
    do throws(AMQPError) {
      try session.connection.cancelConsumer(tag: Self.consumerTag)
      // What was delivered before is in the library now, at most the prefetch. It is finished too.
      repeat { drain(session) } while session.hasMore && !session.hasEnded
      guard !session.hasEnded else { return }
      session.phase = .finishing
      try sendAcks(session)
      finishIfDone(session)
    } catch {
      end(session, error)
    }
  }

  /// Ends a session that is finishing once nothing is under way.
  func finishIfDone(_ session: Session) {
    if session.phase == .finishing, session.window.isEmpty { end(session, nil) }
  }

  /// The library sends and checks heartbeats only when it is called.
  private func scheduleHeartbeat(_ session: Session) {
    guard session.connection.heartbeat > 0 else { return }
    session.heartbeatTimer = reactor.schedule(after: .milliseconds(session.connection.heartbeat * 250)) {
      self.drain(session)
      if !session.hasEnded { self.scheduleHeartbeat(session) }
    }
  }

  private func postDrain(_ session: Session) {
    guard !session.drainPosted else { return }
    session.drainPosted = true
    reactor.schedule(after: .zero) {
      session.drainPosted = false
      self.drain(session)
    }
  }

  /// Takes what has arrived through analysis, and acknowledges what is settled.
  func drain(_ session: Session) {
    guard !session.hasEnded else { return }
    do {
      let drained = try session.connection.drain(limit: Self.drainLimit)
      session.hasMore = drained.hasMore
      if drained.hasMore { postDrain(session) }
      for delivery in drained.deliveries { try receive(delivery, session) }
      for confirm in drained.confirms { confirmed(confirm, session) }
      if drained.deliveries.isEmpty, drained.confirms.isEmpty { return }
      try sendAcks(session)
      metrics.inFlight.record(session.window.openCount)
      session.feedForwarder()
      finishIfDone(session)
    } catch {
      end(session, error)
    }
  }

  /// Acknowledges what is settled.
  func sendAcks(_ session: Session, force: Bool = false) throws(AMQPError) {
    guard force || session.phase != .settlingDown else { return }
    for ack in session.window.flush(force: force || session.phase == .finishing) {
      try session.connection.acknowledge(ack.tag, multiple: ack.isMultiple)
    }
  }
}
