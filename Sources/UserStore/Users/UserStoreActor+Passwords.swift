import FieldEncryption
import Logging

extension UserStoreActor {
  private static let rehash = SQLStatement(
    "user.rehash", "UPDATE users SET password_phc = $3 WHERE id = $1 AND password_phc = $2")

  /// Gives a user another password, and revokes its sessions in the same transaction. Throws `notFound`, `invalidArgument`
  /// (8 to 1,024 bytes), `overloaded`.
  public func setPassword(userID: String, _ password: String) async throws(UserStoreError) {
    var changes = UserChanges()
    changes.password = password
    _ = try await updateUser(id: userID, expectedVersion: nil, changes)
  }

  /// The user with this name and password. Throws `invalidCredentials`, after the same time whether the name or the
  /// password is wrong; `disabled`, only to whoever knows the password; `overloaded` when too many are being checked.
  /// A password stored with other parameters than today's is stored anew.
  public func authenticate(username: String, password: String) async throws(UserStoreError) -> User {
    guard let row = try await userRow(username: username) else {
      do { try await hasher.verifyDummy(password) } catch { throw Self.storeError(error) }
      throw Self.invalidCredentials
    }
    let verdict: PasswordVerdict
    do { verdict = try await hasher.verify(password, row.passwordPHC) } catch { throw Self.storeError(error) }
    switch verdict {
    case .mismatch: throw Self.invalidCredentials
    case .match: break
    case .matchNeedsRehash:
      if !row.isDisabled { await rehash(row, password) }
    }
    guard !row.isDisabled else { throw UserStoreError(.disabled, "this user is disabled: ask an administrator") }
    return try row.opened(with: keyset)
  }

  func passwordHash(_ password: String) async throws(UserStoreError) -> String {
    do { return try await hasher.hash(password) } catch { throw Self.storeError(error) }
  }

  private static let invalidCredentials = UserStoreError(.invalidCredentials, "unknown user or wrong password")

  /// Best effort: the login is valid without it, and the next one tries again.
  private func rehash(_ row: UserRow, _ password: String) async {
    do {
      let phc = try await hasher.hash(password)
      _ = try await write([Self.rehash(.text(row.id), .text(row.passwordPHC), .text(phc))])
    } catch {
      logger.warning("a password was not stored anew", metadata: ["user": "\(row.id)"])
    }
  }

  private static func storeError(_ error: PasswordError) -> UserStoreError {
    switch error {
    case .passwordLength: UserStoreError(.invalidArgument, error.description)
    case .overloaded: UserStoreError(.overloaded, error.description)
    case .cancelled: UserStoreError(.unavailable, error.description)
    case .malformedHash, .library: UserStoreError(.internal, error.description)
    }
  }
}
