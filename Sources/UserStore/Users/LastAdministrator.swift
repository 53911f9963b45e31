/// The rule that a site has at least one administrator of all queues who can log in: the last one can be neither disabled nor
/// demoted nor limited nor erased. Changes that could break it take turns at an advisory lock, so two at once cannot each rely on
/// the other.
enum LastAdministrator {
  /// What `examine` found of a user that a change did not touch.
  struct Finding: Sendable {
    let version: Int64
    let isErased: Bool
  }

  /// True of the row of `users` that is the last one.
  static let condition =
    """
    (level = 'admin' AND queues IS NULL AND NOT disabled AND password_phc IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM users o
      WHERE o.id <> users.id AND o.level = 'admin' AND o.queues IS NULL AND NOT o.disabled AND o.password_phc IS NOT NULL))
    """
  /// The advisory lock: "usherA" as a number.
  private static let lock: Int64 = 0x7573_6865_7241
  private static let lockStatement = SQLStatement("user.lock_administrators", "SELECT pg_advisory_xact_lock($1)")
  static var takeLock: SQLCall { lockStatement(.int(lock)) }

  /// For behind a change that may have been refused.
  static let examine = SQLStatement(
    "user.examine", "SELECT version, erased_at IS NOT NULL FROM users WHERE id = $1")

  /// Why a change of a user with this finding was refused; nil where there is no such user.
  static func refusal(_ finding: Finding?, expectedVersion: Int64?) -> UserStoreError {
    guard let finding, !finding.isErased else { return UserStoreActor.notFound }
    if let expectedVersion, expectedVersion != finding.version {
      return UserStoreError(.versionMismatch, "the user was changed meanwhile: read it again")
    }
    return UserStoreError(
      .lastAdministrator, "this is the last administrator of all queues who can log in: make another user one first")
  }
}

extension UserStoreActor {
  static func examined(_ result: SQLResult) throws(UserStoreError) -> LastAdministrator.Finding? {
    guard let row = result.first else { return nil }
    do {
      return LastAdministrator.Finding(version: try row.int(0), isErased: try row.bool(1))
    } catch { throw UserStoreError(error) }
  }
}
