import ServiceQueue

/// Reads a queue's last events for the protocol's `history`.
///
/// A page holds at most `Self.publications` and about `BrokerLimits.pageBytes`, whatever the client asks for: `offset` in the answer
/// is the stream's end and tells it whether there is more.
struct ChannelHistory: Sendable {
  /// The most publications of one page.
  static let publications = BrokerLimits.events

  let desk: CommandDesk
  let queue: QueueName
  let view: ViewLevel

  /// Throws 112 when `since` is of another epoch, not yet or no longer in the stream, and 107 where nothing can be before it.
  func page(_ request: HistoryRequest) async throws(ReplyError) -> ChannelPage {
    let end: QueueSummary
    do { end = try await desk.broker.queue(queue) } catch { throw ReplyError(channel: error) }
    if let since = request.since {
      guard since.epoch.isEmpty || since.epoch == end.epoch.rawValue, since.offset <= end.version else {
        throw .unrecoverablePosition
      }
      if request.reverse, since.offset == 0 { throw .badRequest }
    }
    let limit = (0...Self.publications).contains(request.limit) ? request.limit : Self.publications
    var publications = [Publication]()
    if limit > 0 {
      publications =
        try await request.reverse
        ? backward(from: request.since.map { $0.offset - 1 } ?? end.version, limit, of: end)
        : forward(after: request.since?.offset, limit, of: end)
    }
    return ChannelPage(epoch: end.epoch, version: end.version, publications: publications)
  }

  /// From a place on, or from the oldest that there is.
  private func forward(
    after place: QueueVersion?, _ limit: Int, of end: QueueSummary
  ) async throws(ReplyError) -> [Publication] {
    if let events = try await events(after: place ?? 0, limit, end.epoch) { return events.map(publication) }
    guard place == nil else { throw .unrecoverablePosition }
    let oldest = try await reach(between: 0, and: end.version, end.epoch)
    guard let events = try await events(after: oldest, limit, end.epoch) else { throw Self.changedMeanwhile }
    return events.map(publication)
  }

  /// The version `last` and those before it, newest first. They are read forward, so what does not fit in the page is
  /// dropped at the old end.
  private func backward(
    from last: QueueVersion, _ limit: Int, of end: QueueSummary
  ) async throws(ReplyError) -> [Publication] {
    var after = last - min(last, QueueVersion(limit))
    var window = [Publication]()[...]
    var bytes = 0
    var hasReached = false
    while after < last {
      guard let page = try await events(after: after, Int(last - after), end.epoch) else {
        // The stream does not reach that far back.
        guard !hasReached else { throw Self.changedMeanwhile }
        after = try await reach(between: after, and: last, end.epoch)
        hasReached = true
        continue
      }
      hasReached = true
      guard let newest = page.last else { break }
      after = newest.version
      for event in page {
        let publication = publication(event)
        window.append(publication)
        bytes += publication.data.count
        while bytes > BrokerLimits.pageBytes, window.count > 1, let oldest = window.popFirst() {
          bytes -= oldest.data.count
        }
      }
    }
    return window.reversed()
  }

  /// The least version from which on nothing is missing, by halving: it is greater than `gone`, and at most `known`.
  private func reach(
    between gone: QueueVersion, and known: QueueVersion, _ epoch: Epoch
  ) async throws(ReplyError) -> QueueVersion {
    var (gone, known) = (gone, known)
    while gone + 1 < known {
      let middle = gone + (known - gone) / 2
      if try await events(after: middle, 1, epoch) == nil { gone = middle } else { known = middle }
    }
    return known
  }

  /// Nil when the stream does not reach back that far.
  private func events(
    after version: QueueVersion, _ limit: Int, _ epoch: Epoch
  ) async throws(ReplyError) -> [QueueEvent]? {
    do throws(BrokerError) {
      switch try await desk.broker.events(of: queue, epoch: epoch, after: version, limit: limit) {
      case .events(let events, _, _): return events
      case .gone: return nil
      }
    } catch {
      throw ReplyError(channel: error)
    }
  }

  private func publication(_ event: QueueEvent) -> Publication {
    Publication(data: desk.json(event, as: view), offset: event.version)
  }

  private static let changedMeanwhile = ReplyError(
    GatewayError(.unavailable, "the stream was cut while it was read; ask again"))
}
