public import UserStore

/// Users as administrators see and change them, and each sees oneself.
public protocol UserDirectory: Sendable {
  /// A new user. The entry is written in the same transaction.
  func createUser(_ new: NewUser, audit: AuditEntry?) async throws(UserStoreError) -> User
  /// The user with this id; throws `notFound`.
  func user(id: String) async throws(UserStoreError) -> User
  /// A page of the users that the filter lets through, by name; `limit` is 1 to 500.
  func users(matching filter: UserFilter, after cursor: String?, limit: Int) async throws(UserStoreError) -> UserPage
  /// Changes a user, in all that is asked for or in nothing; disabling and a new password end its sessions. The entry is
  /// written in the same transaction. Throws `versionMismatch` when `expectedVersion` is another one.
  func updateUser(
    id: String, expectedVersion: Int64?, _ changes: UserChanges, audit: AuditEntry?
  ) async throws(UserStoreError) -> User
}

extension UserStoreActor: UserDirectory {}

extension AbsentStore: UserDirectory {
  func createUser(_ new: NewUser, audit: AuditEntry?) async throws(UserStoreError) -> User { throw Self.absent }
  func user(id: String) async throws(UserStoreError) -> User { throw Self.absent }
  func users(
    matching filter: UserFilter, after cursor: String?, limit: Int
  ) async throws(UserStoreError) -> UserPage { throw Self.absent }
  func updateUser(
    id: String, expectedVersion: Int64?, _ changes: UserChanges, audit: AuditEntry?
  ) async throws(UserStoreError) -> User { throw Self.absent }
}
