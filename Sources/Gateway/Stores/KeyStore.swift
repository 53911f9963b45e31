public import UserStore

/// Which keys there are.
public protocol KeyStore: Sendable {
  /// All keys, and how many values each has sealed.
  func keyOverview() async throws(UserStoreError) -> KeyOverview
}

extension UserStoreActor: KeyStore {}

extension AbsentStore: KeyStore {
  func keyOverview() async throws(UserStoreError) -> KeyOverview { throw Self.absent }
}
