import ServiceQueue

/// Loads what a subscriber begins with: a snapshot, or what it missed since it was there last.
extension CommandDesk {
  /// The most events of one recovery; who missed more gets a snapshot, which is smaller.
  static let recoveredEvents = 2_000
  /// The most bytes of their JSON.
  static let recoveredBytes = 2 * BrokerLimits.pageBytes

  func load(_ load: ChannelLoad) async -> Result<LoadedChannel, ReplyError> {
    do throws(BrokerError) {
      if let position = load.position {
        if let recovered = try await recover(load, from: position) { return .success(recovered) }
        if load.refusesUnrecovered { return .failure(.unrecoverablePosition) }
      }
      let snapshot = try await broker.snapshot(of: load.queue, limit: load.limit)
      return .success(
        LoadedChannel(
          epoch: snapshot.summary.epoch, version: snapshot.summary.version,
          content: .snapshot(json(snapshot, as: load.view)), wasRecovering: load.position != nil))
    } catch {
      return .failure(ReplyError(channel: error))
    }
  }

  /// Nil when the client's position is not to be recovered.
  private func recover(
    _ load: ChannelLoad, from position: (epoch: String, offset: UInt64)
  ) async throws(BrokerError) -> LoadedChannel? {
    guard let epoch = Epoch(position.epoch) else { return nil }
    var version = position.offset
    var publications = [Publication]()
    var bytes = 0
    while true {
      let page = try await broker.events(of: load.queue, epoch: epoch, after: version, limit: BrokerLimits.events)
      guard case .events(let events, _, let current) = page, version <= current else { return nil }
      guard publications.count + events.count <= Self.recoveredEvents else { return nil }
      for event in events {
        guard event.version == version + 1 else { return nil }
        version = event.version
        publications.append(Publication(data: json(event, as: load.view), offset: event.version))
        bytes += publications[publications.count - 1].data.count
        guard bytes <= Self.recoveredBytes else { return nil }
      }
      if events.isEmpty || version >= current {
        guard version >= current else { return nil }
        return LoadedChannel(
          epoch: epoch, version: version, content: .recovered(publications), wasRecovering: true)
      }
    }
  }
}
