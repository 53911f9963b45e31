public import UserStore

/// Users who come from an OpenID provider.
public protocol OpenIDStore: Sendable {
  /// The user whom the provider vouches for, made or brought up to date; the entry is written in the same transaction.
  /// Throws `disabled`.
  func signIn(
    _ identity: OpenIDIdentity, audit: @Sendable (_ action: String) -> AuditEntry
  ) async throws(UserStoreError) -> User
}

extension UserStoreActor: OpenIDStore {}

extension AbsentStore: OpenIDStore {
  func signIn(
    _ identity: OpenIDIdentity, audit: @Sendable (_ action: String) -> AuditEntry
  ) async throws(UserStoreError) -> User { throw Self.absent }
}
