public import UserStore

/// Keeps what administrators did and what was read in bulk.
public protocol AuditStore: Sendable {
  /// Writes an entry by itself, for acts that change nothing in the store.
  func record(_ entry: AuditEntry) async throws(UserStoreError)
  /// A page of the audit, newest first; `limit` is 1 to 500.
  func auditPage(_ query: AuditQuery) async throws(UserStoreError) -> AuditPage
}

extension UserStoreActor: AuditStore {}

extension AbsentStore: AuditStore {
  func record(_ entry: AuditEntry) async throws(UserStoreError) { throw Self.absent }
  func auditPage(_ query: AuditQuery) async throws(UserStoreError) -> AuditPage { throw Self.absent }
}
