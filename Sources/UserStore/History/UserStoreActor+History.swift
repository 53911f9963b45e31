public import ServiceQueue

extension UserStoreActor {
  private static let selectEntry = SQLStatement(
    "history.entry", "SELECT \(HistorySQL.columns) FROM service_history WHERE id = $1 ORDER BY version DESC LIMIT 1")

  /// Records a batch of changes, at most `BrokerLimits.outbox`, in one transaction. Idempotent: a change that was recorded
  /// before changes nothing, and an older form of a service never replaces a newer one. Throws `invalidArgument` when
  /// PostgreSQL refuses a value; then nothing of the batch is recorded. With a `reader` new services can be found by their
  /// customers at once.
  public func record(_ entries: [OutboxEntry], reader: SubjectReader? = nil) async throws(UserStoreError) {
    guard !entries.isEmpty else { return }
    guard entries.count <= BrokerLimits.outbox else {
      throw UserStoreError(.invalidArgument, "a batch has at most \(BrokerLimits.outbox) changes")
    }
    let batch = HistoryBatch(entries, reader: reader)
    try await makeMonths(of: batch)
    _ = try await translating { () async throws(SQLFailure) in try await self.write(batch.calls, on: .history) }
  }

  /// A page of the history, newest first by the moment that the query goes by. Throws `invalidArgument` when the limit is not
  /// 1 to 1,000 or the cursor is one of another order, `unavailable` when it takes too long.
  public func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage {
    guard HistoryQuery.limits.contains(query.limit) else {
      throw UserStoreError(.invalidArgument, "limit is 1 to \(HistoryQuery.limits.upperBound)")
    }
    guard query.after.map({ $0.order == query.order }) ?? true else {
      throw UserStoreError(.invalidArgument, "the cursor is of a list in another order")
    }
    let rows = try await report(HistorySQL.page(query))[0]
    var entries: [HistoryEntry] = []
    entries.reserveCapacity(query.limit)
    for row in 0..<min(rows.rowCount, query.limit) {
      entries.append(try HistoryEntry(SQLRow(result: rows, row: row)))
    }
    let last = entries.last.flatMap { HistoryCursor(after: $0, in: query.order) }
    return HistoryPage(entries: entries, next: rows.rowCount > query.limit ? last : nil)
  }

  /// The last recorded form of a service; throws `notFound`.
  public func historyEntry(_ id: ServiceID) async throws(UserStoreError) -> HistoryEntry {
    let results = try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectEntry(.text(id.rawValue)))
    }
    guard let row = results[0].first else {
      throw UserStoreError(.notFound, "the history has no such service")
    }
    return try HistoryEntry(row)
  }
}
