import ServiceQueue

/// Invitations: a user is made without a password, or is to forget it, and whoever has the one-time token chooses one.
extension UserStoreActor {
  /// One a user: a new one takes the place of the old.
  private static let put = SQLStatement(
    "invitation.put",
    """
    INSERT INTO user_invitations (user_id, token_hash, expires_at)
    SELECT id, $2, now() + $3 * interval '1 millisecond' FROM users WHERE id = $1 AND erased_at IS NULL
    ON CONFLICT (user_id) DO UPDATE SET
      token_hash = excluded.token_hash, created_at = now(), expires_at = excluded.expires_at
    RETURNING expires_at
    """)
  private static let selectInvited = SQLStatement(
    "invitation.user",
    """
    SELECT \(UserRow.columns) FROM users WHERE NOT disabled AND id = (
      SELECT user_id FROM user_invitations WHERE token_hash = $1 AND expires_at > now())
    """)
  private static let accept = SQLStatement(
    "invitation.accept",
    """
    WITH used AS (
      DELETE FROM user_invitations i USING users u
      WHERE i.token_hash = $1 AND i.expires_at > now() AND u.id = i.user_id AND NOT u.disabled RETURNING i.user_id
    )
    UPDATE users SET password_phc = $2, updated_at = now(), version = version + 1
    WHERE id = (SELECT user_id FROM used) RETURNING \(UserRow.columns)
    """)
  private static let void = SQLStatement(
    "invitation.void_of_password",
    """
    DELETE FROM user_invitations
    WHERE user_id = $1 AND EXISTS (SELECT 1 FROM users WHERE id = $1 AND password_phc = $2)
    """)
  private static let deleteExpired = SQLStatement(
    "invitation.delete_expired", "DELETE FROM user_invitations WHERE expires_at <= now()")

  /// Makes a user who cannot log in until the invitation is accepted. Throws as `createUser` does, `invalidArgument` for a
  /// lifetime out of its range.
  public func inviteUser(
    _ new: NewUser, lifetime: Duration = Invitation.standardLifetime, audit: AuditEntry?
  ) async throws(UserStoreError) -> Invitation {
    let secret = try TokenSecret.draw()
    let id = try UserRules.newID()
    var new = new
    new.password = nil
    let put = try Self.putting(secret, of: id, lifetime)
    let (user, results) = try await create(new, id: id, audit: audit, and: [put])
    return Invitation(user: user, token: secret.text, expiresAt: try Self.expiry(results[1]))
  }

  /// Invites a user anew: the token before is void from now on. A user who has a password keeps it, and its sessions, until the
  /// invitation is accepted. Throws `notFound`, and `invalidArgument`
  /// for a disabled user.
  public func invite(
    userID: String, lifetime: Duration = Invitation.standardLifetime, audit: AuditEntry?
  ) async throws(UserStoreError) -> Invitation {
    let user = try await user(id: userID)
    guard user.state != .erased else { throw Self.notFound }
    guard !user.isDisabled else { throw UserStoreError(.invalidArgument, "this user is disabled: enable it first") }
    let secret = try TokenSecret.draw()
    let calls =
      [try Self.putting(secret, of: userID, lifetime)] + (audit.map { [AuditSQL.insert($0.about(userID))] } ?? [])
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    return Invitation(user: user, token: secret.text, expiresAt: try Self.expiry(results[0]))
  }

  /// Gives the invited user this password, uses the invitation up and ends the sessions there were, in one step. Throws
  /// `invitationInvalid` for a token that is unknown, used or expired, or whose user is disabled; `weakPassword`, with which
  /// the token stays good; `overloaded`.
  public func acceptInvitation(
    _ token: String, password: String, audit: @Sendable (User) -> AuditEntry
  ) async throws(UserStoreError) -> User {
    guard let secret = TokenSecret(token) else { throw Self.invitationInvalid }
    let hash = SQLParameter.bytes(secret.hash)
    let found = try await translating { () async throws(SQLFailure) in try await self.read(Self.selectInvited(hash)) }
    guard let row = found[0].first else { throw Self.invitationInvalid }
    let user = try Self.userRow(row).opened(with: keyset)
    try checkPassword(password, of: user)
    let phc = try await passwordHash(password)
    let calls = [
      Self.accept(hash, .text(phc)), Self.endOthers(user.id, nil, password: phc),
      AuditSQL.insert(audit(user).about(user.id), ifChanged: user.id),
    ]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let accepted = results[0].first else { throw Self.invitationInvalid }
    return try Self.userRow(accepted).opened(with: keyset)
  }

  /// Takes a user's invitation back, if it has this password: the update before gave it.
  static func voidInvitation(_ userID: String, password: String) -> SQLCall { void(.text(userID), .text(password)) }

  func deleteExpiredInvitations() async throws(UserStoreError) {
    _ = try await translating { () async throws(SQLFailure) in try await self.write([Self.deleteExpired()]) }
  }

  private static func putting(
    _ secret: TokenSecret, of userID: String, _ lifetime: Duration
  ) throws(UserStoreError) -> SQLCall {
    guard Invitation.lifetimeRange.contains(lifetime) else {
      throw UserStoreError(.invalidArgument, "an invitation is good for an hour to 30 days")
    }
    return put(.text(userID), .bytes(secret.hash), .int(lifetime.wholeMilliseconds))
  }

  private static func expiry(_ result: SQLResult) throws(UserStoreError) -> Timestamp {
    guard let row = result.first else { throw notFound }
    do { return try row.timestamp(0) } catch { throw UserStoreError(error) }
  }

  private static let invitationInvalid = UserStoreError(
    .invitationInvalid, "this invitation is not valid: ask an administrator for another one")
}
