public import ServiceQueue

/// How many services of a queue the history knows as not ended, by the epoch in which they last changed.
public struct OpenServiceCount: Hashable, Sendable {
  /// The queue.
  public let queue: QueueName
  /// Its epoch then.
  public let epoch: Epoch
  /// How many.
  public let count: Int
}

/// What the history knows of services that have not ended: enough to rebuild queues that Redis has lost.
extension UserStoreActor {
  private static let selectOpen = SQLStatement(
    "history.open",
    """
    SELECT \(HistorySQL.columns) FROM service_history
    WHERE queue = $1 AND id > $2 AND ended_at IS NULL ORDER BY id LIMIT $3
    """)
  private static let selectEntries = SQLStatement(
    "history.entries", "SELECT \(HistorySQL.columns) FROM service_history WHERE id = ANY($1)")
  private static let selectVersion = SQLStatement(
    "history.version", "SELECT max(version) FROM service_events WHERE queue = $1 AND epoch = $2")
  private static let countOpen = SQLStatement(
    "history.count_open",
    """
    SELECT queue, epoch, count(*) FROM service_history WHERE ended_at IS NULL
    GROUP BY queue, epoch ORDER BY queue, epoch
    """)

  /// The services of `queue` that have not ended, by id, at most `limit` (1 to 500) after the service `last`; fewer when
  /// there are no more. Throws `invalidArgument` for another limit.
  public func openServices(
    of queue: QueueName, after last: ServiceID?, limit: Int
  ) async throws(UserStoreError) -> [HistoryEntry] {
    guard UserRules.pageLimit.contains(limit) else { throw UserStoreError(.invalidArgument, "limit is 1 to 500") }
    return try await entries(
      Self.selectOpen(.text(queue.rawValue), .text(last?.rawValue ?? ""), .int(Int64(limit))))
  }

  /// The last recorded forms of these services, at most 500, in no order; those that the history does not know are left
  /// out. Throws `invalidArgument` when more are asked for.
  public func historyEntries(_ ids: [ServiceID]) async throws(UserStoreError) -> [HistoryEntry] {
    guard !ids.isEmpty else { return [] }
    guard UserRules.pageLimit.contains(ids.count) else {
      throw UserStoreError(.invalidArgument, "at most 500 services at a time")
    }
    return try await entries(Self.selectEntries(.texts(ids.map(\.rawValue))))
  }

  /// The highest version of `queue` in `epoch` that was recorded; nil when there is none.
  public func recordedVersion(of queue: QueueName, in epoch: Epoch) async throws(UserStoreError) -> QueueVersion? {
    let call = Self.selectVersion(.text(queue.rawValue), .text(epoch.rawValue))
    let results = try await report(call)
    do { return try results[0].first?.optionalInt(0).flatMap { QueueVersion(exactly: $0) } } catch {
      throw UserStoreError(error)
    }
  }

  /// The queues that have services which have not ended, by name and epoch.
  public func openServiceCounts() async throws(UserStoreError) -> [OpenServiceCount] {
    let results = try await report(Self.countOpen())
    let rows = try await translating { () async throws(SQLFailure) in
      try results[0].rows.map { row throws(SQLFailure) in
        (queue: try row.text(0), epoch: try row.text(1), count: try row.int(2))
      }
    }
    return rows.compactMap { row in
      guard let queue = QueueName(row.queue), let epoch = Epoch(row.epoch) else { return nil }
      return OpenServiceCount(queue: queue, epoch: epoch, count: Int(row.count))
    }
  }

  private func entries(_ call: SQLCall) async throws(UserStoreError) -> [HistoryEntry] {
    let results = try await report(call)
    var entries: [HistoryEntry] = []
    for row in results[0].rows { entries.append(try HistoryEntry(row)) }
    return entries
  }
}
