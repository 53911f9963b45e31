import Logging
import Metrics
import Reactor
import ServiceQueue

// A session: from the connection to its end.

extension EventPublisherActor {
  /// How long a read of the outbox waits, which a shutdown waits for.
  private static let outboxWait = Duration.seconds(1)

  /// Connects, makes sure to be the only publisher of the site, and declares the exchange. Blocks the reactor's thread, which is the
  /// actor's own.
  func openSession() throws(AMQPError) -> EventSession {
    let options = AMQPConnection.Options(name: "usher events", heartbeat: configuration.heartbeat)
    let connection = try AMQPConnection.open(configuration.url, options: options)
    try connection.declareExclusiveQueue(configuration.lockQueue)
    try connection.declareExchange(configuration.exchange)
    let session = EventSession(connection: connection)
    self.session = session
    do {
      session.watch = try reactor.watch(connection.descriptor, for: .readable) { _ in self.drain(session) }
    } catch {
      self.session = nil
      throw AMQPError(.library, "The socket cannot be watched: \(error)")
    }
    scheduleHeartbeat(session)
    reportPublishing(session)
    logger.info("Publishing events", metadata: ["exchange": "\(configuration.exchange)"])
    return session
  }

  /// Publishes page after page until the session ends or the actor stops.
  func publish(in session: EventSession) async throws {
    defer {
      self.session = nil
      session.end(nil)
      metrics.unconfirmed.record(0)
      metrics.blocked.record(0)
    }
    var position: OutboxID?
    while !session.hasEnded, !isStopping {
      while session.blocked != nil, !session.hasEnded, !isStopping { await session.change() }
      guard !session.hasEnded, !isStopping else { break }
      let page = try await broker.outbox(
        for: .events, after: position, limit: BrokerLimits.outbox, wait: Self.outboxWait)
      guard let last = page.last else {
        // From the oldest again: Redis may have been restored, with ids that went back.
        position = nil
        continue
      }
      guard !session.hasEnded else { break }
      let done = try await publish(page, session)
      guard let done else { break }
      try await broker.acknowledgeOutbox(done, for: .events)
      position = last.id
    }
    if let failure = session.failure { throw failure }
    session.end(nil)
    session.connection.close()
  }

  /// Publishes a page; what is to be acknowledged, nil when the session has ended before that was known.
  private func publish(_ page: [OutboxEntry], _ session: EventSession) async throws(AMQPError) -> [OutboxID]? {
    var round = PublishRound(page)
    session.done = nil
    for event in round.events {
      round.published(
        try session.connection.publish(
          event.body(site: configuration.site), properties: event.properties, exchange: configuration.exchange,
          routingKey: event.routingKey, mandatory: false))
    }
    metrics.unconfirmed.record(round.unconfirmedCount)
    let count = round.events.count
    session.publishedAt = .now
    let action = round.finishedPublishing()
    session.round = round
    carryOut(action, session)
    while session.done == nil, !session.hasEnded { await session.change() }
    session.round = nil
    guard let done = session.done else { return nil }
    metrics.published.increment(by: count)
    metrics.unconfirmed.record(0)
    return done
  }

  private func carryOut(_ action: PublishRound.Action, _ session: EventSession) {
    switch action {
    case .wait: break
    case .acknowledge(let ids):
      session.done = ids
      session.wake()
    case .fail(let count):
      metrics.refused.increment(by: count)
      session.end(
        AMQPError(.publishRefused, "RabbitMQ did not take \(count) events: is a queue that is bound to them full?"))
    }
  }

  /// Takes what has arrived, and sends and checks heartbeats.
  private func drain(_ session: EventSession) {
    guard !session.hasEnded else { return }
    do throws(AMQPError) {
      var hasMore = true
      while hasMore, !session.hasEnded {
        let drained = try session.connection.drain()
        hasMore = drained.hasMore
        for confirm in drained.confirms {
          if let action = session.round?.take(confirm) { carryOut(action, session) }
        }
        if let blocked = drained.blocked { isBlocked(blocked.isEmpty ? nil : blocked, session) }
      }
    } catch {
      session.end(error)
    }
  }

  private func isBlocked(_ reason: String?, _ session: EventSession) {
    session.blocked = reason
    session.publishedAt = .now
    metrics.blocked.record(reason == nil ? 0 : 1)
    reportPublishing(session)
    session.wake()
    if let reason {
      logger.warning("RabbitMQ takes in nothing that is published; events wait", metadata: ["reason": "\(reason)"])
    } else {
      logger.notice("RabbitMQ takes in again what is published")
    }
  }

  private func reportPublishing(_ session: EventSession) {
    if let reason = session.blocked {
      report(.blocked, "RabbitMQ takes in nothing that is published (\(reason)): events wait")
    } else {
      report(.publishing, "publishing to \(configuration.exchange)")
    }
  }

  private func scheduleHeartbeat(_ session: EventSession) {
    let seconds = session.connection.heartbeat > 0 ? session.connection.heartbeat : configuration.heartbeat
    session.heartbeatTimer = reactor.schedule(after: .milliseconds(seconds * 250)) {
      self.drain(session)
      if session.blocked == nil, let round = session.round, round.unconfirmedCount > 0,
        .now - session.publishedAt > self.configuration.confirmTimeout
      {
        session.end(AMQPError(.timeout, "RabbitMQ has not confirmed \(round.unconfirmedCount) events in time"))
      }
      if !session.hasEnded { self.scheduleHeartbeat(session) }
    }
  }
}
