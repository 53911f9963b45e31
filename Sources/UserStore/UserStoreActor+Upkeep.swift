extension UserStoreActor {
  /// Forgets every 20 seconds the successors of refresh tokens that nobody may ask for any more, and every hour what has expired:
  /// sessions, links, kept answers, entries of the audit; then the users have their turn. Until cancelled.
  func keepTidy() async {
    var rounds = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(20)) } catch { return }
      await forgetReplays()
      rounds += 1
      guard rounds % 180 == 0 else { continue }
      await deleteExpiredSessions()
      await deleteRevokedLinks()
      await deleteOldAnswers()
      await expireAudit(months: configuration.auditMonths)
      housekeeping.continuation.yield()
    }
  }
}
