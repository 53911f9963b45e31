import ServiceQueue

extension FinalState {
  /// Reads all that there is, again until nothing changed meanwhile. `ids`: every service that may exist.
  static func read(
    from broker: any Broker, queues: [QueueName], ids: [ServiceID]
  ) async throws(BrokerError) -> FinalState {
    while true {
      var state = FinalState()
      for queue in queues { state.queues.append(try await broker.snapshot(of: queue, limit: BrokerLimits.snapshot)) }
      state.ended = try await ended(ids, from: broker)
      while true {
        let page = try await broker.outbox(
          for: .history, after: state.outbox.last?.id, limit: BrokerLimits.outbox, wait: .zero)
        if page.isEmpty { break }
        state.outbox += page
      }
      for queue in queues { state.streams[queue] = try await stream(of: queue, from: broker) }
      var isStill = true
      for snapshot in state.queues {
        if try await broker.queue(snapshot.summary.queue) != snapshot.summary { isStill = false }
      }
      if isStill { return state }
    }
  }

  private static func ended(_ ids: [ServiceID], from broker: any Broker) async throws(BrokerError) -> [Service] {
    var ended: [Service] = []
    for start in stride(from: 0, to: ids.count, by: 64) {
      let results = await withTaskGroup(of: Result<Service, BrokerError>.self) { group in
        for id in ids[start..<min(start + 64, ids.count)] {
          group.addTask { () async -> Result<Service, BrokerError> in
            do throws(BrokerError) { return .success(try await broker.service(id)) } catch { return .failure(error) }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for result in results {
        switch result {
        case .success(let service): if !service.state.isLive { ended.append(service) }
        case .failure(let error): if error.code != .notFound { throw error }
        }
      }
    }
    return ended
  }

  private static func stream(of queue: QueueName, from broker: any Broker) async throws(BrokerError) -> [QueueEvent] {
    var all: [QueueEvent] = []
    while case .events(let page, _, let current) = try await broker.events(
      of: queue, epoch: nil, after: all.last?.version ?? 0, limit: BrokerLimits.events)
    {
      all += page
      if page.isEmpty || (all.last?.version ?? 0) >= current { break }
    }
    return all
  }
}
