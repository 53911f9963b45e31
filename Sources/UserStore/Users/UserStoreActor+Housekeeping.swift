import Logging

/// What has to be done about users now and then, whoever does it.
extension UserStoreActor {
  private static let selectUnindexed = SQLStatement(
    "user.unindexed",
    "SELECT \(UserRow.columns) FROM users WHERE email IS NOT NULL AND email_index IS NULL ORDER BY id LIMIT 500")
  /// Only as long as the address is the one that was read.
  private static let setIndex = SQLStatement(
    "user.set_email_index", "UPDATE users SET email_index = $3 WHERE id = $1 AND email = $2")

  /// Once now, and whenever it is asked for, every hour at least: until cancelled.
  func keepPeople() async {
    housekeeping.continuation.yield()
    for await _ in housekeeping.stream {
      do throws(UserStoreError) {
        try await finishErasures()
        try await indexAddresses()
        try await pruneLoginFailures()
        try await deleteExpiredInvitations()
      } catch {
        guard !Task.isCancelled else { return }
        logger.warning("the users were not seen to; the next round tries again", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Gives addresses their blind index where they have none: those from before there was one.
  func indexAddresses() async throws(UserStoreError) {
    while !Task.isCancelled {
      let rows = try await translating { () async throws(SQLFailure) in
        try await self.read(Self.selectUnindexed())[0].rows
      }
      var calls: [SQLCall] = []
      for row in rows {
        let row = try Self.userRow(row)
        guard let email = try UserField.email.open(row.email, of: row.id, with: keyset) else { continue }
        calls.append(Self.setIndex(.text(row.id), .bytes(row.email), .bytes(try blindIndex(email))))
      }
      guard !calls.isEmpty else { return }
      let sent = calls
      _ = try await translating { () async throws(SQLFailure) in try await self.write(sent) }
    }
  }
}
