import UserStore

@testable import Gateway

extension MemoryAccounts {
  /// Entries are kept for `audit` alone; what is read is the user store's, and its tests'.
  func auditPage(_ query: AuditQuery) async throws(UserStoreError) -> AuditPage { throw AbsentStore.absent }
}
