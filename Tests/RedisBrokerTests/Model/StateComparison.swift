import RedisBroker

@testable import ServiceQueue

/// Holds all that can be asked of a site against the model.
struct StateComparison {
  private var seen: [QueueName: QueueVersion] = [:]
  private var lastOutboxEntry: OutboxID?
  private var lastModelEntry: OutboxID?
  private var turn = 0

  /// The queue's events begin anew after this version.
  mutating func begin(_ queue: QueueName, at version: QueueVersion) { seen[queue] = version }

  /// What is not the same; nil when all is.
  mutating func difference(_ model: SiteModel, _ broker: BrokerActor, at now: Int64) async throws -> String? {
    turn += 1
    let summaries = try await broker.queues()
    if summaries != model.summaries { return "the queues: Redis \(summaries), model \(model.summaries)" }
    for queue in Cast.queues {
      if let found = try await differenceInServices(of: queue, model, broker) { return found }
      if let found = try await differenceInEvents(of: queue, model, broker) { return found }
      let statistics = try await broker.statistics(of: queue)
      let expected = try model.statistics(of: queue, at: now)
      if statistics != expected { return "\(queue)'s statistics: Redis \(statistics), model \(expected)" }
    }
    if let found = try await differenceInOutbox(model, broker) { return found }
    return try await differenceInPositions(model, broker, at: now)
  }

  private func differenceInServices(
    of queue: QueueName, _ model: SiteModel, _ broker: BrokerActor
  ) async throws -> String? {
    let snapshot = try await broker.snapshot(of: queue, limit: BrokerLimits.snapshot)
    let expected = try model.snapshot(of: queue, limit: BrokerLimits.snapshot)
    if snapshot != expected {
      let differing = zip(snapshot.services, expected.services).first { $0 != $1 }
      return "\(queue)'s snapshot: Redis \(snapshot.summary) \(String(describing: differing?.0)),"
        + " model \(expected.summary) \(String(describing: differing?.1))"
    }
    let states: [Set<ServiceState>] = [[], [.waiting], [.claimed, .serving], [.scheduled, .onHold], [.completed]]
    var query = ServiceListQuery(queue: queue, states: states[turn % states.count], limit: 1 + turn * 7 % 60)
    repeat {
      let page = try await broker.list(query)
      let expected = try model.list(query)
      if page != expected { return "\(query): Redis \(page), model \(expected)" }
      query.after = page.next
    } while query.after != nil
    return nil
  }

  private mutating func differenceInEvents(
    of queue: QueueName, _ model: SiteModel, _ broker: BrokerActor
  ) async throws -> String? {
    // Of another lifetime, and of one that is not yet.
    let version = try model.summary(of: queue).version
    for (epoch, after) in [(Epoch("other"), version), (nil, version + 1)] {
      let page = try await broker.events(of: queue, epoch: epoch, after: after, limit: 1)
      let expected = try model.events(of: queue, epoch: epoch, after: after, limit: 1)
      if page != expected { return "\(queue)'s events after \(after): Redis \(page), model \(expected)" }
    }
    while true {
      let after = seen[queue] ?? 0
      let page = try await broker.events(of: queue, epoch: nil, after: after, limit: 500)
      let expected = try model.events(of: queue, epoch: nil, after: after, limit: 500)
      if page != expected {
        if case .events(let events, _, _) = page, case .events(let wanted, _, _) = expected,
          let (event, other) = zip(events, wanted).first(where: { $0 != $1 })
        {
          return "\(queue)'s event: Redis \(event), model \(other)"
        }
        return "\(queue)'s events after \(after): Redis \(page), model \(expected)"
      }
      if case .gone = page, let first = model.queues[queue]?.events.first, first.version > after + 1 {
        // An erasure has taken some away: go on behind them.
        seen[queue] = first.version - 1
        continue
      }
      guard case .events(let events, _, _) = page, let last = events.last else { return nil }
      seen[queue] = last.version
    }
  }

  private mutating func differenceInOutbox(_ model: SiteModel, _ broker: BrokerActor) async throws -> String? {
    if model.eventsPosition != nil {
      let entries = try await broker.outbox(for: .events, after: nil, limit: BrokerLimits.outbox, wait: .zero)
      let expected = model.outbox(for: .events, after: nil, limit: BrokerLimits.outbox)
      if entries.map(\.event) != expected.map(\.event) {
        let differing = zip(entries, expected).first { $0.event != $1.event }
        return "what is to be published: Redis \(entries.count) \(String(describing: differing?.0)),"
          + " model \(expected.count) \(String(describing: differing?.1))"
      }
    }
    while true {
      let entries = try await broker.outbox(
        for: .history, after: lastOutboxEntry, limit: BrokerLimits.outbox, wait: .zero)
      let expected = model.outbox(for: .history, after: lastModelEntry, limit: BrokerLimits.outbox)
      if entries.map(\.event) != expected.map(\.event) {
        let differing = zip(entries, expected).first { $0.event != $1.event }
        return "the outbox: Redis \(entries.count) \(String(describing: differing?.0)),"
          + " model \(expected.count) \(String(describing: differing?.1))"
      }
      guard let last = entries.last else { return nil }
      lastOutboxEntry = last.id
      lastModelEntry = expected.last?.id
    }
  }

  /// Of some services, those that have ended among them.
  private func differenceInPositions(_ model: SiteModel, _ broker: BrokerActor, at now: Int64) async throws -> String? {
    for number in stride(from: 1 + turn % 37, through: 700, by: 37) {
      let position: Result<QueuePosition, BrokerError>
      do throws(BrokerError) {
        position = .success(try await broker.position(of: Cast.id(number)))
      } catch {
        position = .failure(error)
      }
      let expected = Result { () throws(BrokerError) in try model.position(of: Cast.id(number), at: now) }
      if position.mapError(\.bare) != expected.mapError(\.bare) {
        return "the position of #\(number): Redis \(position), model \(expected)"
      }
    }
    return nil
  }
}
