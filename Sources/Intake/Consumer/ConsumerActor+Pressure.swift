import Logging
import Metrics
import Reactor

// What happens when RabbitMQ takes nothing in, or when the Broker does not keep up with large messages.

extension ConsumerActor {
  /// It consumes; perhaps dead letters must wait.
  func reportConsuming(_ session: Session) {
    if let reason = session.blocked {
      report(
        .blocked, "RabbitMQ takes in nothing that is published (\(reason)): dead letters wait, requests are taken in")
    } else {
      report(.consuming, "consuming \(configuration.topology.queue)")
    }
  }

  /// Takes what came on the publishing connection: confirms, and whether RabbitMQ takes anything in.
  func drainPublisher(_ session: Session) {
    guard !session.hasEnded else { return }
    do throws(AMQPError) {
      var hasMore = true
      while hasMore {
        let drained = try session.publisher.drain()
        hasMore = drained.hasMore
        for confirm in drained.confirms { confirmed(confirm, session) }
        if let blocked = drained.blocked { isBlocked(blocked.isEmpty ? nil : blocked, session) }
      }
      try publishLetters(session)
      try sendAcks(session)
      recordHeld(session)
      resumeReading(session)
      finishIfDone(session)
    } catch {
      end(session, error)
    }
  }

  private func isBlocked(_ reason: String?, _ session: Session) {
    session.blocked = reason
    metrics.blocked.record(reason == nil ? 0 : 1)
    if !isStopping { reportConsuming(session) }
    if let reason {
      logger.warning(
        "RabbitMQ takes in nothing that is published; dead letters wait", metadata: ["reason": "\(reason)"])
    } else {
      logger.notice("RabbitMQ takes in again what is published")
    }
  }

  func recordHeld(_ session: Session) {
    metrics.inFlight.record(session.window.openCount)
    metrics.heldBytes.record(session.heldBytes)
  }

  /// Reads no more from the consumer's socket while too many bytes are held: RabbitMQ then waits, as it does at the prefetch.
  func pauseReading(_ session: Session) {
    guard !session.hasEnded, !session.isPaused, session.heldBytes >= IntakeConfiguration.heldBytes else { return }
    session.isPaused = true
    session.watch?.cancel()
    session.watch = nil
    metrics.pauses.increment()
  }

  /// Reads on when half of the bytes are done with.
  func resumeReading(_ session: Session) {
    guard session.isPaused, !session.hasEnded, session.phase != .finishing,
      session.heldBytes <= IntakeConfiguration.heldBytes / 2
    else { return }
    session.isPaused = false
    do throws(AMQPError) {
      try watchConsumer(session)
      postDrain(session)
    } catch {
      end(session, error)
    }
  }

  /// While nothing is read the library sends no heartbeats by itself.
  func keepAlive(_ session: Session) {
    guard !session.hasEnded, session.isPaused else { return }
    do throws(AMQPError) {
      try session.connection.sendHeartbeat()
    } catch {
      end(session, error)
    }
  }
}
