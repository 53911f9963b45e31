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
    let heartbeat = configuration.heartbeat
    let connection = try AMQPConnection.open(
      configuration.url, options: .init(name: "usher intake", heartbeat: heartbeat))
    try connection.declare(configuration.topology)
    try connection.setPrefetch(configuration.prefetch)
    let publisher = try AMQPConnection.open(
      configuration.url, options: .init(name: "usher dead letters", heartbeat: heartbeat))
    let session = Session(
      connection: connection, publisher: publisher, prefetch: configuration.prefetch, batch: configuration.batch)
    try connection.consume(configuration.topology.queue, tag: Self.consumerTag)
    self.session = session
    try listen(session)
    reportConsuming(session)
    logger.info(
      "Consuming from RabbitMQ",
      metadata: [
        "queue": "\(configuration.topology.queue)", "prefetch": "\(configuration.prefetch)",
        "heartbeat_s": "\(connection.heartbeat)",
      ])
    return session
  }

  private func listen(_ session: Session) throws(AMQPError) {
    try watchConsumer(session)
    session.publisherWatch = try watch(session.publisher) { self.drainPublisher(session) }
    scheduleHeartbeat(session)
    // What came with the answers is in the library already.
    postDrain(session)
  }

  /// Calls the body when there is something to read.
  private func watch(_ connection: AMQPConnection, _ body: @escaping () -> Void) throws(AMQPError) -> Watch {
    do {
      return try reactor.watch(connection.descriptor, for: .readable) { _ in body() }
    } catch {
      throw AMQPError(.library, "The socket cannot be watched: \(error)")
    }
  }

  func watchConsumer(_ session: Session) throws(AMQPError) {
    session.watch = try watch(session.connection) { self.drain(session) }
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
    metrics.heldBytes.record(0)
    metrics.deadLettersWaiting.record(0)
    metrics.blocked.record(0)
    guard session.failure == nil else { return }
    session.connection.close()
    session.publisher.close()
  }

  /// Ends a session, with the reason if it failed; acknowledges what is settled if it did not.
  func end(_ session: Session, _ failure: (any Error)?) {
    guard !session.hasEnded else { return }
    session.hasEnded = true
    session.failure = failure
    session.watch?.cancel()
    session.publisherWatch?.cancel()
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
    guard !session.isPaused else {
      // What was not read comes again.
      session.graceTimer = reactor.schedule(after: grace) { self.end(session, nil) }
      session.phase = .finishing
      return finishIfDone(session)
    }
    session.phase = .settlingDown
    session.graceTimer = reactor.schedule(after: grace) { self.end(session, nil) }
    session.quietTimer = reactor.schedule(after: Self.quietPeriod) { self.cancelConsumer(session) }
  }

  private func cancelConsumer(_ session: Session) {
    do throws(AMQPError) {
      try session.connection.cancelConsumer(tag: Self.consumerTag)
      // What was delivered before is in the library now, at most the prefetch. It is finished too.
      repeat { drain(session) } while session.hasMore && !session.hasEnded && !session.isPaused
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
      self.drainPublisher(session)
      self.keepAlive(session)
      if !session.hasEnded { self.scheduleHeartbeat(session) }
    }
  }

  func postDrain(_ session: Session) {
    guard !session.drainPosted else { return }
    session.drainPosted = true
    reactor.schedule(after: .zero) {
      session.drainPosted = false
      self.drain(session)
    }
  }

  /// Takes what has arrived through analysis, and acknowledges what is settled.
  func drain(_ session: Session) {
    guard !session.hasEnded, !session.isPaused else { return }
    do {
      let drained = try session.connection.drain(limit: Self.drainLimit)
      session.hasMore = drained.hasMore
      if drained.hasMore { postDrain(session) }
      for delivery in drained.deliveries { try receive(delivery, session) }
      if drained.deliveries.isEmpty { return }
      try sendAcks(session)
      recordHeld(session)
      session.feedForwarder()
      pauseReading(session)
      finishIfDone(session)
    } catch {
      end(session, error)
    }
  }

  /// Acknowledges what is settled.
  func sendAcks(_ session: Session, force: Bool = false) throws(AMQPError) {
    guard force || session.phase != .settlingDown else { return }
    for ack in session.flushAcks(force: force || session.phase == .finishing) {
      try session.connection.acknowledge(ack.tag, multiple: ack.isMultiple)
    }
  }
}
