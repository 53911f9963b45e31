import Logging
public import ServiceQueue

/// Sessions: a login is a family of refresh tokens, each of which is used once and gives the next.
///
/// A token that is used a second time revokes its family, whoever came first: of two that refresh with one token at once,
/// one gets a new token, the other `tokenReuse`, and the new token is void as well. That is strict on purpose: the store cannot
/// tell a thief from a client that asks twice. A client that names an idempotency key may ask again under it within a
/// minute, until it uses what it got: it gets the same token again.
extension UserStoreActor {
  private static let issue = SQLStatement(
    "session.issue",
    """
    WITH family AS (
      INSERT INTO refresh_families (id, user_id, expires_at, address, user_agent, network_hash)
      SELECT $1, id, now() + $4 * interval '1 millisecond', $5, $6, $7 FROM users WHERE id = $2 AND NOT disabled
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
      SELECT t.token_hash, t.family_id, f.user_id, t.used_at, t.successor, f.expires_at AS family_expires_at,
        f.created_at + $6 * interval '1 millisecond' AS ends_at,
        CASE WHEN f.revoked_at IS NOT NULL OR t.expires_at <= now()
            OR f.created_at + $6 * interval '1 millisecond' <= now() THEN 'invalid'
          WHEN t.used_at IS NOT NULL AND (t.successor IS NULL OR t.replay_key IS DISTINCT FROM $4
            OR t.used_at <= now() - interval '60 seconds') THEN 'reused'
          WHEN u.disabled THEN 'disabled'
          WHEN t.used_at IS NOT NULL THEN 'repeated'
          ELSE 'valid' END AS verdict
      FROM refresh_tokens t JOIN refresh_families f ON f.id = t.family_id JOIN users u ON u.id = f.user_id
      WHERE t.token_hash = $1
    ), used AS (
      UPDATE refresh_tokens t SET used_at = now(), replay_key = $4, successor = $5 FROM presented p
      WHERE t.token_hash = p.token_hash AND p.verdict = 'valid'
      RETURNING t.family_id, LEAST(now() + $3 * interval '1 millisecond', p.ends_at) AS expires_at
    ), issued AS (
      INSERT INTO refresh_tokens (token_hash, family_id, expires_at) SELECT $2, family_id, expires_at FROM used
      RETURNING expires_at
    ), forgotten AS (
      UPDATE refresh_tokens t SET replay_key = NULL, successor = NULL FROM presented p
      WHERE t.family_id = p.family_id AND t.successor IS NOT NULL AND p.verdict NOT IN ('invalid', 'repeated')
        AND (t.token_hash <> p.token_hash OR p.verdict <> 'valid')
    ), family AS (
      UPDATE refresh_families f SET
        revoked_at = CASE WHEN p.verdict = 'valid' THEN NULL ELSE now() END,
        expires_at = COALESCE((SELECT expires_at FROM used), f.expires_at)
      FROM presented p WHERE f.id = p.family_id AND p.verdict NOT IN ('invalid', 'repeated')
      RETURNING f.id
    )
    SELECT p.verdict, p.user_id, p.family_id, COALESCE((SELECT expires_at FROM issued), p.family_expires_at),
      COALESCE(p.used_at, now()), p.successor
    FROM presented p
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

  /// Begins a session of a user who has just logged in; beyond `UserSession.most` the oldest ends. Throws `notFound` also for
  /// a disabled user.
  public func issueRefreshToken(
    userID: String, from origin: LoginOrigin = .unknown
  ) async throws(UserStoreError) -> RefreshToken {
    guard UserRules.isID(userID) else { throw Self.notFound }
    let secret = try TokenSecret.draw()
    let family = try UserRules.newID()
    let calls = [
      Self.lockSessions(of: userID),
      Self.issue(
        .text(family), .text(userID), .bytes(secret.hash), .int(min(lifetime, sessionLifetime)),
        .bytes(try SessionField.address.seal(origin.address, of: family, with: keyset)),
        .bytes(try SessionField.userAgent.seal(origin.userAgent, of: family, with: keyset)),
        .bytes(try origin.network.map { network throws(UserStoreError) in try networkHash(network) })),
      Self.endOldest(of: userID),
    ]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let row = results[1].first else { throw Self.notFound }
    do {
      return RefreshToken(token: secret.text, expiresAt: try row.timestamp(0), sessionID: family)
    } catch { throw UserStoreError(error) }
  }

  /// Exchanges a token for the next one, in one atomic step. Throws `tokenInvalid` (unknown, expired, revoked),
  /// `tokenReuse` (used before: the family is revoked now) or `disabled` (likewise). After `outcomeUnknown` the token may
  /// be used up: without a key the user must log in again.
  ///
  /// Under an idempotency key the same token gives the same answer again for a minute, unless that answer's token has been
  /// used meanwhile.
  public func refresh(
    _ token: String, idempotencyKey: IdempotencyKey? = nil
  ) async throws(UserStoreError) -> RefreshedSession {
    guard let presented = TokenSecret(token) else { throw Self.tokenInvalid }
    let next = try TokenSecret.draw()
    let hash = SQLParameter.bytes(presented.hash)
    let replay = try idempotencyKey.map { key throws(UserStoreError) in
      try Replay(of: presented, successor: next, under: key, sealedBy: keyset)
    }
    let calls = [
      Self.lockFamily(hash),
      Self.rotate(
        hash, .bytes(next.hash), .int(lifetime), .bytes(replay?.key), .bytes(replay?.sealed), .int(sessionLifetime)),
      Self.userOfToken(hash),
    ]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let verdict = results[1].first, let user = results[2].first else { throw Self.tokenInvalid }
    do {
      switch try verdict.text(0) {
      case "valid": return try session(verdict, user, token: next, isRepeatable: replay != nil)
      case "repeated":
        let first = try Replay.open(try verdict.bytes(5), of: presented, with: keyset)
        return try session(verdict, user, token: first, isRepeatable: true)
      case "reused":
        let (user, family) = (try verdict.text(1), try verdict.text(2))
        logger.warning(
          "a refresh token was used twice: its family is revoked",
          metadata: ["user": "\(user)", "family": "\(family)"])
        let detail = Array(#"{"session":"\#(family)"}"#.utf8)
        try? await record(AuditEntry(action: "session.reuse", actor: nil, object: user, detail: detail))
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

  private func session(
    _ verdict: SQLRow, _ user: SQLRow, token: TokenSecret, isRepeatable: Bool
  ) throws -> RefreshedSession {
    var session = RefreshedSession(
      user: try Self.userRow(user).opened(with: keyset),
      refreshToken: RefreshToken(
        token: token.text, expiresAt: try verdict.timestamp(3), sessionID: try verdict.text(2)))
    if isRepeatable {
      session.accessTerms = .init(issuedAt: try verdict.timestamp(4), tokenID: try Replay.tokenID(beside: token))
    }
    return session
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

  private static let tokenInvalid = UserStoreError(.tokenInvalid, "no valid refresh token: log in again")
  private var lifetime: Int64 { configuration.refreshTokenLifetime.wholeMilliseconds }
  private var sessionLifetime: Int64 { configuration.sessionLifetime.wholeMilliseconds }
}
