import FieldEncryption
import Logging
import Metrics
import ServiceQueue

/// Passwords: checking them at a login, and giving new ones.
extension UserStoreActor {
  private static let rehash = SQLStatement(
    "user.rehash", "UPDATE users SET password_phc = $3 WHERE id = $1 AND password_phc = $2")
  private static let replace = SQLStatement(
    "user.replace_password",
    """
    UPDATE users SET password_phc = $3, updated_at = now(), version = version + 1
    WHERE id = $1 AND password_phc = $2 AND NOT disabled RETURNING \(UserRow.columns)
    """)

  /// Gives a user another password, and revokes its sessions in the same transaction. Throws `notFound`, `weakPassword`,
  /// `overloaded`.
  public func setPassword(userID: String, _ password: String, audit: AuditEntry? = nil) async throws(UserStoreError) {
    var changes = UserChanges()
    changes.password = password
    _ = try await updateUser(id: userID, expectedVersion: nil, changes, audit: audit)
  }

  /// The user with this name and password. Throws `invalidCredentials`, after the same time whether the name or the
  /// password is wrong or the user has none yet; `disabled`, only to whoever knows the password; `throttled` after too many
  /// failures, whether there is such a user or not; `overloaded` when too many are being checked.
  /// A password stored with other parameters than today's is stored anew.
  public func authenticate(
    username: String, password: String, from origin: LoginOrigin = .unknown
  ) async throws(UserStoreError) -> User {
    let isName = UserRules.isUsername(username)
    let (attempt, results) = try await beginAttempt(
      username, from: origin, reading: isName ? [Self.selectUser(name: username)] : [])
    guard isName, let row = try results[0].first.map(Self.userRow), let phc = row.passwordPHC else {
      try await measured { () async throws(PasswordError) in try await self.hasher.verifyDummy(password) }
      try await failed(attempt)
      throw Self.invalidCredentials
    }
    switch try await verdict(password, phc) {
    case .mismatch:
      try await failed(attempt)
      throw Self.invalidCredentials
    case .match: break
    case .matchNeedsRehash:
      if !row.isDisabled { await rehash(row, phc, password) }
    }
    await succeeded(attempt)
    guard !row.isDisabled else { throw UserStoreError(.disabled, "this user is disabled: ask an administrator") }
    return try row.opened(with: keyset)
  }

  /// Gives a user who knows the present password another one, and ends its other sessions: all but `session`. Throws as
  /// `authenticate` does, `weakPassword` also for the same password again, and `invalidCredentials` when it was changed
  /// meanwhile.
  public func changePassword(
    userID: String, from current: String, to new: String, keeping session: String?, origin: LoginOrigin,
    audit: AuditEntry
  ) async throws(UserStoreError) -> (user: User, ended: [EndedSession]) {
    guard UserRules.isID(userID) else { throw Self.notFound }
    let row = try await one(Self.selectUser(id: userID))
    guard let phc = row.passwordPHC, !phc.isEmpty else {
      throw UserStoreError(.invalidCredentials, "this user has no password: it signs in by the OpenID provider")
    }
    try checkPassword(new, of: try row.opened(with: keyset))
    let (attempt, _) = try await beginAttempt(row.username, from: origin, reading: [])
    guard try await verdict(current, phc) != .mismatch else {
      try await failed(attempt)
      throw UserStoreError(.invalidCredentials, "the present password is wrong")
    }
    await succeeded(attempt)
    guard new != current else { throw UserStoreError(.weakPassword, "the new password is the present one") }
    let next = try await passwordHash(new)
    let calls = [
      Self.replace(.text(userID), .text(phc), .text(next)), Self.endOthers(userID, session, password: next),
      Self.voidInvitation(userID, password: next), AuditSQL.insert(audit.about(userID), ifChanged: userID),
    ]
    let results = try await translating { () async throws(SQLFailure) in try await self.write(calls) }
    guard let changed = results[0].first else {
      throw UserStoreError(.invalidCredentials, "the password was changed meanwhile")
    }
    return (try Self.userRow(changed).opened(with: keyset), try Self.endedSessions(results[1]))
  }

  /// Throws `weakPassword` with the reason. A user is told by its name, address and display name.
  func checkPassword(
    _ password: String, username: String, email: String?, displayName: String?
  ) throws(UserStoreError) {
    let words = [username, email, displayName, configuration.site].compactMap(\.self)
    if let weakness = configuration.passwordRules.weakness(of: password, words: words) {
      throw UserStoreError(.weakPassword, weakness.description)
    }
  }

  func checkPassword(_ password: String, of user: User) throws(UserStoreError) {
    try checkPassword(password, username: user.username, email: user.email, displayName: user.displayName)
  }

  func passwordHash(_ password: String) async throws(UserStoreError) -> String {
    try await measured { () async throws(PasswordError) in try await self.hasher.hash(password) }
  }

  private func verdict(_ password: String, _ phc: String) async throws(UserStoreError) -> PasswordVerdict {
    try await measured { () async throws(PasswordError) in try await self.hasher.verify(password, phc) }
  }

  private static let invalidCredentials = UserStoreError(.invalidCredentials, "unknown user or wrong password")

  /// Best effort: the login is valid without it, and the next one tries again.
  private func rehash(_ row: UserRow, _ phc: String, _ password: String) async {
    do {
      let next = try await hasher.hash(password)
      _ = try await write([Self.rehash(.text(row.id), .text(phc), .text(next))])
    } catch {
      logger.warning("a password was not stored anew", metadata: ["user": "\(row.id)"])
    }
  }

  /// A computation in the hasher's line, seen in the metrics: how long it took with its wait, and how many stand there.
  private func measured<Value: Sendable>(
    _ compute: () async throws(PasswordError) -> Value
  ) async throws(UserStoreError) -> Value {
    let start = ContinuousClock.now
    let result: Result<Value, PasswordError>
    passwordMetrics.load(hasher.load)
    do { result = .success(try await compute()) } catch { result = .failure(error) }
    passwordMetrics.load(hasher.load)
    switch result {
    case .success(let value):
      passwordMetrics.computed(in: ContinuousClock.now - start)
      return value
    case .failure(let error):
      if error == .overloaded { passwordMetrics.refused() }
      throw Self.storeError(error)
    }
  }

  private static func storeError(_ error: PasswordError) -> UserStoreError {
    switch error {
    case .passwordLength: UserStoreError(.weakPassword, error.description)
    case .overloaded: UserStoreError(.overloaded, error.description)
    case .cancelled: UserStoreError(.unavailable, error.description)
    case .malformedHash, .library: UserStoreError(.internal, error.description)
    }
  }
}
