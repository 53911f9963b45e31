public import ServiceQueue

extension UserStoreActor {
  private static let selectEntry = SQLStatement(
    "history.entry", "SELECT \(HistorySQL.columns) FROM service_history WHERE id = $1")

  /// Records a batch of changes, at most `BrokerLimits.outbox`, in one transaction. Idempotent: a change that was recorded
  /// before changes nothing, and an older form of a service never replaces a newer one. Throws `invalidArgument` when
  /// PostgreSQL refuses a value; then nothing of the batch is recorded.
  public func record(_ entries: [OutboxEntry]) async throws(UserStoreError) {
    guard !entries.isEmpty else { return }
    guard entries.count <= BrokerLimits.outbox else {
      throw UserStoreError(.invalidArgument, "a batch has at most \(BrokerLimits.outbox) changes")
    }
    let calls = HistoryBatch(entries).calls
    _ = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
  }

  /// A page of the history, newest submission first. Throws `invalidArgument` when the limit is not 1 to 500.
  public func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage {
    guard UserRules.pageLimit.contains(query.limit) else { throw UserStoreError(.invalidArgument, "limit is 1 to 500") }
    let call = HistorySQL.page(query)
    let results = try await translating { () async throws(SQLFailure) in try await self.read(call) }
    var entries: [HistoryEntry] = []
    for row in results[0].rows.prefix(query.limit) { entries.append(try HistoryEntry(row)) }
    let last = entries.last.map { HistoryCursor(submittedAt: $0.service.submittedAt, id: $0.service.id) }
    return HistoryPage(entries: entries, next: results[0].rowCount > query.limit ? last : nil)
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
