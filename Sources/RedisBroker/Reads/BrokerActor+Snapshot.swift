public import ServiceQueue

extension BrokerActor {
  private static let snapshotAttempts = 4

  /// The first live services with version, epoch and digest of exactly one moment; see `Broker`. A long one is put together from
  /// several reads; where the queue changes too fast for that there are only as many services as one read gives.
  public func snapshot(of queue: QueueName, limit: Int) async throws(BrokerError) -> QueueSnapshot {
    guard (0...BrokerLimits.snapshot).contains(limit) else {
      throw .outOfBounds("The limit of a snapshot is 0 to \(BrokerLimits.snapshot)")
    }
    if limit == 0 { return QueueSnapshot(summary: try await self.queue(queue), services: []) }
    attempts: for _ in 0..<Self.snapshotAttempts {
      var assembly = SnapshotAssembly(limit: limit)
      var action = assembly.first
      while true {
        switch action {
        case .read(let cursor, let room):
          action = assembly.take(try await part(of: queue, after: cursor, room: room))
        case .readEvents(let epoch, let version):
          let room = PageRoom(limit: BrokerLimits.events)
          action = assembly.take(try await eventPart(of: queue, epoch: epoch, after: version, room: room))
        case .finished(let snapshot): return snapshot
        case .beginAnew: continue attempts
        }
      }
    }
    let part = try await part(of: queue, after: nil, room: PageRoom(limit: limit))
    return QueueSnapshot(summary: part.summary, services: part.services.map(\.service))
  }
}
