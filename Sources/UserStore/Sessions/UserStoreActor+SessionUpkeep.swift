import Logging

/// What is left of sessions, and has to go.
extension UserStoreActor {
  private static let deleteExpired = SQLStatement(
    "session.delete_expired",
    """
    DELETE FROM refresh_families WHERE id IN (
      SELECT id FROM refresh_families WHERE expires_at < now() - interval '1 day' LIMIT 1000)
    """)
  /// Those whose minute is over. A row that a refresh holds just now is left for the next round.
  private static let forgetSuccessors = SQLStatement(
    "session.forget_successors",
    """
    UPDATE refresh_tokens SET replay_key = NULL, successor = NULL WHERE token_hash IN (
      SELECT token_hash FROM refresh_tokens
      WHERE successor IS NOT NULL AND used_at <= now() - interval '60 seconds' LIMIT 1000 FOR UPDATE SKIP LOCKED)
    """)

  /// Wipes up to 1,000 sealed successors; what fails or is left comes with the next round.
  func forgetReplays() async {
    do {
      _ = try await write([Self.forgetSuccessors()])
    } catch {
      logger.debug("sealed refresh tokens were not wiped", metadata: ["error": "\(UserStoreError(error))"])
    }
  }

  /// Deletes up to 1,000 sessions that ended more than a day ago; what fails or is left comes with the next round.
  func deleteExpiredSessions() async {
    do {
      _ = try await write([Self.deleteExpired()])
    } catch {
      logger.warning("expired sessions were not deleted", metadata: ["error": "\(UserStoreError(error))"])
    }
  }
}
