public import UserStore

/// Keeps what administrators did and what was read in bulk.
public protocol AuditStore: Sendable {
  /// Writes an entry by itself, for acts that change nothing in the store.
  func record(_ entry: AuditEntry) async throws(UserStoreError)
}

extension UserStoreActor: AuditStore {}

extension AbsentStore: AuditStore {
  func record(_ entry: AuditEntry) async throws(UserStoreError) { throw Self.absent }
}
