import ServiceQueue

/// A user's live sessions: seen, and ended.
extension UserStoreActor {
  private static let live = "revoked_at IS NULL AND expires_at > now()"
  private static let select = SQLStatement(
    "sessions.of_user",
    """
    SELECT id, created_at,
      COALESCE((SELECT max(used_at) FROM refresh_tokens t WHERE t.family_id = f.id), created_at), expires_at, address,
      user_agent
    FROM refresh_families f WHERE user_id = $1 AND \(live) ORDER BY created_at DESC, id DESC LIMIT \(UserSession.most)
    """)
  /// Logins of one user take turns, so that two at once cannot both be the last that fits.
  private static let lock = SQLStatement("sessions.lock", "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE")
  private static let endOldest = SQLStatement(
    "sessions.end_oldest",
    """
    UPDATE refresh_families SET revoked_at = now() WHERE id IN (
      SELECT id FROM refresh_families WHERE user_id = $1 AND \(live)
      ORDER BY created_at DESC, id DESC OFFSET \(UserSession.most))
    """)
  private static let endOne = SQLStatement(
    "sessions.end_one",
    "UPDATE refresh_families SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND \(live) RETURNING id, revoked_at"
  )
  private static let endAllBut = SQLStatement(
    "sessions.end_all_but",
    """
    UPDATE refresh_families SET revoked_at = now() WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL
    RETURNING id, revoked_at
    """)
  private static let endOthersOfPassword = SQLStatement(
    "sessions.end_others_of_password",
    """
    UPDATE refresh_families SET revoked_at = now() WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL
      AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND password_phc = $3)
    RETURNING id, revoked_at
    """)

  /// The live sessions of a user, newest first; throws `notFound` when there is no such user.
  public func sessions(of userID: String) async throws(UserStoreError) -> [UserSession] {
    guard UserRules.isID(userID) else { throw Self.notFound }
    let results = try await translating { () async throws(SQLFailure) in
      try await self.read(Self.selectUser(id: userID), Self.select(.text(userID)))
    }
    guard results[0].first != nil else { throw Self.notFound }
    var sessions: [UserSession] = []
    for row in results[1].rows { sessions.append(try session(row)) }
    return sessions
  }

  /// Ends one session of a user; throws `notFound` when it has none of this id that is live.
  public func endSession(
    _ id: String, of userID: String, audit: AuditEntry?
  ) async throws(UserStoreError) -> EndedSession {
    guard UserRules.isID(id), try await sessions(of: userID).contains(where: { $0.id == id }) else {
      throw UserStoreError(.notFound, "there is no such session")
    }
    let calls = [Self.endOne(.text(userID), .text(id))] + (audit.map { [AuditSQL.insert($0.about(userID))] } ?? [])
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let ended = try Self.endedSessions(results[0]).first else {
      throw UserStoreError(.notFound, "there is no such session")
    }
    return ended
  }

  /// Ends all sessions of a user, but for `kept`; throws `notFound` when there is no such user.
  public func endSessions(
    of userID: String, keeping kept: String?, audit: AuditEntry?
  ) async throws(UserStoreError) -> [EndedSession] {
    _ = try await user(id: userID)
    let calls = [Self.endAllBut(.text(userID), .text(kept))] + (audit.map { [AuditSQL.insert($0.about(userID))] } ?? [])
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    return try Self.endedSessions(results[0])
  }

  static func lockSessions(of userID: String) -> SQLCall { lock(.text(userID)) }
  static func endOldest(of userID: String) -> SQLCall { endOldest(.text(userID)) }

  /// Ends a user's sessions but one, if it has this password: the update before gave it.
  static func endOthers(_ userID: String, _ kept: String?, password: String) -> SQLCall {
    endOthersOfPassword(.text(userID), .text(kept), .text(password))
  }

  static func endedSessions(_ result: SQLResult) throws(UserStoreError) -> [EndedSession] {
    do {
      return try result.rows.map { row throws(SQLFailure) in
        EndedSession(id: try row.text(0), endedAt: try row.timestamp(1))
      }
    } catch { throw UserStoreError(error) }
  }

  private func session(_ row: SQLRow) throws(UserStoreError) -> UserSession {
    do {
      let id = try row.text(0)
      return UserSession(
        id: id, createdAt: try row.timestamp(1), lastUsedAt: try row.timestamp(2), expiresAt: try row.timestamp(3),
        address: try SessionField.address.open(try row.optionalBytes(4), of: id, with: keyset),
        userAgent: try SessionField.userAgent.open(try row.optionalBytes(5), of: id, with: keyset))
    } catch let failure as SQLFailure {
      throw UserStoreError(failure)
    } catch let error as UserStoreError {
      throw error
    } catch {
      throw UserStoreError(.internal, "unexpected error")
    }
  }
}
