public import UserStore

/// Forgets customers.
public protocol SubjectStore: Sendable {
  /// Asks for everything to be erased that is about `name`, whatever that may be, or as `meaning` alone. The entry is written in
  /// the same transaction, about the erasure.
  func requestErasure(
    of name: String, as meaning: SubjectMeaning?, audit: AuditEntry?
  ) async throws(UserStoreError) -> Erasure
  /// The erasure with this id; throws `notFound`.
  func erasure(id: String) async throws(UserStoreError) -> Erasure
  /// A page of erasures, the newest first; `limit` is 1 to 500.
  func erasures(after cursor: ErasureCursor?, limit: Int) async throws(UserStoreError) -> ErasurePage
}

extension Eraser: SubjectStore {}

extension AbsentStore: SubjectStore {
  func requestErasure(
    of name: String, as meaning: SubjectMeaning?, audit: AuditEntry?
  ) async throws(UserStoreError) -> Erasure { throw Self.absent }
  func erasure(id: String) async throws(UserStoreError) -> Erasure { throw Self.absent }
  func erasures(after cursor: ErasureCursor?, limit: Int) async throws(UserStoreError) -> ErasurePage {
    throw Self.absent
  }
}
