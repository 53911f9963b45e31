public import ServiceQueue
public import UserStore

/// Who may come in: what logging in, refreshing and every socket need. Exactly this, and of anyone who can give it.
public protocol AccountStore: Sendable {
  /// The user with this name and password; throws `invalidCredentials`, `disabled` or `throttled`.
  func authenticate(
    username: String, password: String, from origin: LoginOrigin
  ) async throws(UserStoreError) -> User
  /// A new refresh token for a session of the user.
  func issueRefreshToken(userID: String, from origin: LoginOrigin) async throws(UserStoreError) -> RefreshToken
  /// Exchanges a refresh token for the next one; throws `tokenInvalid`, `tokenReuse` or `disabled`. Under a key the same
  /// token gives the same answer again for a minute, until that answer's token is used.
  func refresh(_ token: String, idempotencyKey: IdempotencyKey?) async throws(UserStoreError) -> RefreshedSession
  /// Ends the session of a refresh token, and returns its id; an unknown token is no error.
  func logout(_ token: String) async throws(UserStoreError) -> String?
  /// The sessions that ended before their time at or after `moment`, oldest first and by id within a millisecond, at most
  /// 1,000; the next page begins at the last one's `endedAt`, `after` its id.
  func sessions(endedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [EndedSession]
  /// The keys for access tokens: one signs, if any may, and all verify. Asked for every other second.
  func signingKeys() async throws(UserStoreError) -> [SigningKey]
  /// The users that changed at or after `moment`, oldest change first and by id within a millisecond, at most 1,000; the
  /// next page begins at the last one's `updatedAt`, `after` its id.
  func users(changedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [User]
}

extension UserStoreActor: AccountStore {}
