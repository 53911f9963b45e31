import ServiceQueue

/// Users who sign in by the word of an OpenID provider.
extension UserStoreActor {
  private static let insert = SQLStatement(
    "openid.insert",
    """
    INSERT INTO users (id, username, password_phc, level, queues, skills, display_name, oidc_issuer, oidc_subject)
    VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8) RETURNING \(UserRow.columns)
    """)
  private static let select = SQLStatement(
    "openid.select", "SELECT \(UserRow.columns) FROM users WHERE oidc_issuer = $1 AND oidc_subject = $2")

  /// How often a sign-in looks again, when another one of the same user was faster.
  private static let attempts = 5

  /// The user whom a provider vouches for, as the provider sees it now: made at the first sign-in, brought up to date at
  /// each later one. `audit` is written with what was made or changed. Throws `disabled`, and then changes nothing.
  public func signIn(
    _ identity: OpenIDIdentity, audit: @Sendable (_ action: String) -> AuditEntry
  ) async throws(UserStoreError) -> User {
    try UserRules.check(queues: identity.queues)
    let hashed = try OpenIDName.hashed(identity)
    var name = OpenIDName.plain(identity.subject) ?? hashed
    for _ in 0..<Self.attempts {
      do throws(UserStoreError) {
        guard let user = try await user(of: identity) else {
          return try await create(identity, named: name, audit("user.create"))
        }
        guard !user.isDisabled else { throw UserStoreError(.disabled, "this user is disabled: ask an administrator") }
        guard let changes = identity.changes(to: user) else { return user }
        return try await updateUser(
          id: user.id, expectedVersion: user.version, changes, audit: audit("user.change"))
      } catch {
        switch error.code {
        case .usernameTaken: name = hashed
        case .versionMismatch: break
        default: throw error
        }
      }
    }
    throw UserStoreError(.unavailable, "this user is being changed all the time: try again later")
  }

  private func user(of identity: OpenIDIdentity) async throws(UserStoreError) -> User? {
    let call = Self.select(.text(identity.issuer), .text(identity.subject))
    let results = try await translating { () async throws(SQLFailure) in try await self.read(call) }
    return try results[0].first.map(Self.userRow)?.opened(with: keyset)
  }

  /// Throws `usernameTaken` when another user has the name, `versionMismatch` when this one was made meanwhile.
  private func create(
    _ identity: OpenIDIdentity, named name: String, _ audit: AuditEntry
  ) async throws(UserStoreError) -> User {
    let id = try UserRules.newID()
    let call = Self.insert(
      .text(id), .text(name), .text(identity.level.rawValue), .texts(identity.queues?.map(\.rawValue).sorted()),
      .texts(identity.skills?.words ?? []),
      .bytes(try UserField.displayName.seal(identity.displayName, of: id, with: keyset)), .text(identity.issuer),
      .text(identity.subject))
    let results: [SQLResult]
    do {
      results = try await write([call, AuditSQL.insert(audit.about(id))])
    } catch {
      if case .refused(SQLState.uniqueViolation, "users_username") = error {
        throw UserStoreError(.usernameTaken, "another user has this name")
      }
      if error.isRefusal(SQLState.uniqueViolation) {
        throw UserStoreError(.versionMismatch, "this user was made meanwhile")
      }
      throw UserStoreError(error)
    }
    guard let row = results[0].first else { throw UserStoreError(.internal, "the insert returned nothing") }
    return try Self.userRow(row).opened(with: keyset)
  }
}
