import Logging
import ServiceQueue

/// Sessions: a login is a family of refresh tokens, each of which is used once and gives the next.
///
/// A token that is used a second time revokes its family, whoever came first: of two that refresh with one token at once,
/// one gets a new token, the other `tokenReuse`, and the new token is void as well. That is strict on purpose: the store cannot
/// tell a thief from a client that asks twice, so a client must wait for one refresh before it begins another.
extension UserStoreActor {
  private static let issue = SQLStatement(
    "session.issue",
    """
    WITH family AS (
      INSERT INTO refresh_families (id, user_id, expires_at)
      SELECT $1, id, now() + $4 * interval '1 millisecond' FROM users WHERE id = $2 AND NOT disabled
      RETURNING id, expires_at
    )
    INSERT INTO refresh_tokens (token_hash, family_id, expires_at) SELECT $3, id, expires_at FROM family
    RETURNING expires_at
    """)
  /// Whoever refreshes or revokes a family takes turns at its row. The next statement of the group has a snapshot of its
  /// own, so it sees what the one before committed.
  private static let lockFamily = SQLStatement(
    "session.lock",
    """
    SELECT f.id FROM refresh_families f JOIN refresh_tokens t ON t.family_id = f.id
    WHERE t.token_hash = $1 FOR UPDATE OF f
    """)
  private static let rotate = SQLStatement(
    "session.rotate",
    """
    WITH presented AS (
      SELECT t.token_hash, t.family_id, f.user_id,
        CASE WHEN f.revoked_at IS NOT NULL OR t.expires_at <= now() THEN 'invalid'
          WHEN t.used_at IS NOT NULL THEN 'reused'
          WHEN u.disabled THEN 'disabled'
          ELSE 'valid' END AS verdict
      FROM refresh_tokens t JOIN refresh_families f ON f.id = t.family_id JOIN users u ON u.id = f.user_id
      WHERE t.token_hash = $1
    ), used AS (
      UPDATE refresh_tokens t SET used_at = now() FROM presented p
      WHERE t.token_hash = p.token_hash AND p.verdict = 'valid'
      RETURNING t.family_id
    ), issued AS (
      INSERT INTO refresh_tokens (token_hash, family_id, expires_at)
      SELECT $2, family_id, now() + $3 * interval '1 millisecond' FROM used
      RETURNING expires_at
    ), family AS (
      UPDATE refresh_families f SET
        revoked_at = CASE WHEN p.verdict = 'valid' THEN NULL ELSE now() END,
        expires_at = CASE WHEN p.verdict = 'valid' THEN now() + $3 * interval '1 millisecond' ELSE f.expires_at END
      FROM presented p WHERE f.id = p.family_id AND p.verdict <> 'invalid'
      RETURNING f.id
    )
    SELECT p.verdict, p.user_id, p.family_id, (SELECT expires_at FROM issued) FROM presented p
    """)
  private static let userOfToken = SQLStatement(
    "session.user",
    """
    SELECT \(UserRow.columns) FROM users WHERE id = (
      SELECT f.user_id FROM refresh_families f JOIN refresh_tokens t ON t.family_id = f.id WHERE t.token_hash = $1)
    """)
  private static let revoke = SQLStatement(
    "session.revoke",
    """
    UPDATE refresh_families SET revoked_at = now()
    WHERE revoked_at IS NULL AND id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1)
    RETURNING id
    """)
  /// Of a user.
  static let revokeAll = SQLStatement(
    "session.revoke_all",
    "UPDATE refresh_families SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL")
  /// Of a user, if it is disabled.
  static let revokeOfDisabled = SQLStatement(
    "session.revoke_disabled",
    """
    UPDATE refresh_families SET revoked_at = now()
    WHERE user_id = $1 AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND disabled)
    """)
  private static let deleteExpired = SQLStatement(
    "session.delete_expired",
    """
    DELETE FROM refresh_families WHERE id IN (
      SELECT id FROM refresh_families WHERE expires_at < now() - interval '1 day' LIMIT 1000)
    """)

  /// Begins a session of a user who has just logged in. Throws `notFound` also for a disabled user.
  public func issueRefreshToken(userID: String) async throws(UserStoreError) -> RefreshToken {
    guard UserRules.isID(userID) else { throw Self.notFound }
    let secret = try TokenSecret.draw()
    let family = try UserRules.newID()
    let call = Self.issue(.text(family), .text(userID), .bytes(secret.hash), .int(lifetime))
    let results = try await translating { () async throws(SQLFailure) in try await self.write([call]) }
    guard let row = results[0].first else { throw Self.notFound }
    do {
      return RefreshToken(token: secret.text, expiresAt: try row.timestamp(0), sessionID: family)
    } catch { throw UserStoreError(error) }
  }

  /// Exchanges a token for the next one, in one atomic step. Throws `tokenInvalid` (unknown, expired, revoked),
  /// `tokenReuse` (used before: the family is revoked now) or `disabled` (likewise). After `outcomeUnknown` the token may
  /// be used up, and the user must log in again.
  public func refresh(_ token: String) async throws(UserStoreError) -> RefreshedSession {
    guard let presented = TokenSecret(token) else { throw Self.tokenInvalid }
    let next = try TokenSecret.draw()
    let hash = SQLParameter.bytes(presented.hash)
    let calls = [
      Self.lockFamily(hash), Self.rotate(hash, .bytes(next.hash), .int(lifetime)), Self.userOfToken(hash),
    ]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let verdict = results[1].first, let user = results[2].first else { throw Self.tokenInvalid }
    do {
      switch try verdict.text(0) {
      case "valid":
        return RefreshedSession(
          user: try Self.userRow(user).opened(with: keyset),
          refreshToken: RefreshToken(
            token: next.text, expiresAt: try verdict.timestamp(3), sessionID: try verdict.text(2)))
      case "reused":
        let (user, family) = (try verdict.text(1), try verdict.text(2))
        logger.warning(
          "a refresh token was used twice: its family is revoked",
          metadata: ["user": "\(user)", "family": "\(family)"])
        throw UserStoreError(.tokenReuse, "this token was used before, so its session is revoked: log in again")
      case "disabled": throw UserStoreError(.disabled, "this user is disabled: ask an administrator")
      default: throw Self.tokenInvalid
      }
    } catch let failure as SQLFailure {
      throw UserStoreError(failure)
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw UserStoreError(.internal, "unexpected error")
    }
  }

  /// Ends the session that the token belongs to; its id, nil where the token is unknown or its session is over already,
  /// which is no error.
  @discardableResult
  public func logout(_ token: String) async throws(UserStoreError) -> String? {
    guard let secret = TokenSecret(token) else { return nil }
    let call = Self.revoke(.bytes(secret.hash))
    let results = try await translating { () async throws(SQLFailure) in try await self.write([call]) }
    do { return try results[0].first?.text(0) } catch { throw UserStoreError(error) }
  }

  /// Ends all sessions of a user: `sessions(endedSince:after:)` tells them.
  public func revokeSessions(userID: String) async throws(UserStoreError) {
    guard UserRules.isID(userID) else { return }
    _ = try await translating { () async throws(SQLFailure) in try await self.write([Self.revokeAll(.text(userID))]) }
  }

  /// Deletes up to 1,000 sessions that ended more than a day ago; what fails or is left comes with the next round.
  func deleteExpiredSessions() async {
    do {
      _ = try await write([Self.deleteExpired()])
    } catch {
      logger.warning("expired sessions were not deleted", metadata: ["error": "\(UserStoreError(error))"])
    }
  }

  private static let tokenInvalid = UserStoreError(.tokenInvalid, "no valid refresh token: log in again")
  private var lifetime: Int64 { configuration.refreshTokenLifetime.wholeMilliseconds }
}
