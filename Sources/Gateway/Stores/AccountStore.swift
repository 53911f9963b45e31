public import ServiceQueue
public import UserStore

/// Who may come in: what logging in, refreshing and every socket need. Exactly this, and of anyone who can give it.
public protocol AccountStore: Sendable {
  /// The user with this name and password; throws `invalidCredentials` or `disabled`.
  func authenticate(username: String, password: String) async throws(UserStoreError) -> User
  /// A new refresh token for a session of the user.
  func issueRefreshToken(userID: String) async throws(UserStoreError) -> RefreshToken
  /// Exchanges a refresh token for the next one; throws `tokenInvalid`, `tokenReuse` or `disabled`.
  func refresh(_ token: String) async throws(UserStoreError) -> RefreshedSession
  /// Ends the session of a refresh token, and returns its id; an unknown token is no error.
  func logout(_ token: String) async throws(UserStoreError) -> String?
  /// The sessions that ended before their time at or after `moment`, oldest first and by id within a millisecond, at most
  /// 1,000; the next page begins at the last one's `endedAt`, `after` its id.
  func sessions(endedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [EndedSession]
  /// The keys for access tokens: the first signs, all verify.
  func signingKeys() async throws(UserStoreError) -> [SigningKey]
  /// The users that changed at or after `moment`, oldest change first and by id within a millisecond, at most 1,000; the
  /// next page begins at the last one's `updatedAt`, `after` its id.
  func users(changedSince moment: Timestamp, after id: String?) async throws(UserStoreError) -> [User]
}

extension UserStoreActor: AccountStore {}
