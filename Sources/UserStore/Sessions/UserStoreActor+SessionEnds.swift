public import ServiceQueue

/// Sessions that end before their time, for whoever holds access tokens and sockets against them.
extension UserStoreActor {
  private static let order = #"date_trunc('milliseconds', revoked_at), id COLLATE "C""#
  private static let isNext = #"revoked_at >= $1 AND (\#(order)) > ($1, $2 COLLATE "C")"#
  private static let selectEnded = SQLStatement(
    "session.ended",
    """
    SELECT id, revoked_at FROM (
      (SELECT id, revoked_at FROM refresh_families WHERE \(isNext) ORDER BY \(order) LIMIT 1000)
      UNION ALL
      (SELECT id, revoked_at FROM board_links WHERE \(isNext) ORDER BY \(order) LIMIT 1000)
    ) ended ORDER BY \(order) LIMIT 1000
    """)

  /// The sessions that ended, and the links that were revoked, at or after `moment` by PostgreSQL's clock, in pages and with the
  /// same care as `users(changedSince:after:)`: at most 1,000, oldest first and by id within a millisecond.
  public func sessions(
    endedSince moment: Timestamp, after id: String? = nil
  ) async throws(UserStoreError) -> [EndedSession] {
    let results = try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectEnded(.timestamp(moment), .text(id ?? "")))
    }
    do {
      return try results[0].rows.map { row throws(SQLFailure) in
        EndedSession(id: try row.text(0), endedAt: try row.timestamp(1))
      }
    } catch { throw UserStoreError(error) }
  }
}
