public import UserStore

/// What users and administrators do about accounts, beyond what `UserDirectory` has.
public protocol PeopleStore: Sendable {
  /// Makes a user who is to choose a password. The entry is written in the same transaction.
  func inviteUser(_ new: NewUser, lifetime: Duration, audit: AuditEntry?) async throws(UserStoreError) -> Invitation
  /// Lets a user choose a new password; an earlier invitation is void.
  func invite(userID: String, lifetime: Duration, audit: AuditEntry?) async throws(UserStoreError) -> Invitation
  /// Gives the invited user this password, once; throws `invitationInvalid` or `weakPassword`.
  func acceptInvitation(
    _ token: String, password: String, audit: @Sendable (User) -> AuditEntry
  ) async throws(UserStoreError) -> User
  /// A user's new password against the present one; ends its other sessions and returns them.
  func changePassword(
    userID: String, from current: String, to new: String, keeping session: String?, origin: LoginOrigin,
    audit: AuditEntry
  ) async throws(UserStoreError) -> (user: User, ended: [EndedSession])
  /// The live sessions of a user, newest first.
  func sessions(of userID: String) async throws(UserStoreError) -> [UserSession]
  /// Ends one; throws `notFound`.
  func endSession(_ id: String, of userID: String, audit: AuditEntry?) async throws(UserStoreError) -> EndedSession
  /// Ends all but `kept`.
  func endSessions(
    of userID: String, keeping kept: String?, audit: AuditEntry?
  ) async throws(UserStoreError) -> [EndedSession]
  /// Takes the person out of a user; throws `lastAdministrator` and `versionMismatch`.
  func eraseUser(id: String, expectedVersion: Int64?, audit: AuditEntry?) async throws(UserStoreError) -> User
}

extension UserStoreActor: PeopleStore {}

extension AbsentStore: PeopleStore {
  func inviteUser(
    _ new: NewUser, lifetime: Duration, audit: AuditEntry?
  ) async throws(UserStoreError) -> Invitation { throw Self.absent }
  func invite(
    userID: String, lifetime: Duration, audit: AuditEntry?
  ) async throws(UserStoreError) -> Invitation { throw Self.absent }
  func acceptInvitation(
    _ token: String, password: String, audit: @Sendable (User) -> AuditEntry
  ) async throws(UserStoreError) -> User { throw Self.absent }
  func changePassword(
    userID: String, from current: String, to new: String, keeping session: String?, origin: LoginOrigin,
    audit: AuditEntry
  ) async throws(UserStoreError) -> (user: User, ended: [EndedSession]) { throw Self.absent }
  func sessions(of userID: String) async throws(UserStoreError) -> [UserSession] { throw Self.absent }
  func endSession(
    _ id: String, of userID: String, audit: AuditEntry?
  ) async throws(UserStoreError) -> EndedSession { throw Self.absent }
  func endSessions(
    of userID: String, keeping kept: String?, audit: AuditEntry?
  ) async throws(UserStoreError) -> [EndedSession] { throw Self.absent }
  func eraseUser(
    id: String, expectedVersion: Int64?, audit: AuditEntry?
  ) async throws(UserStoreError) -> User { throw Self.absent }
}
