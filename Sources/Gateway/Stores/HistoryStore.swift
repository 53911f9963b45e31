public import UserStore

/// What became of services.
public protocol HistoryStore: Sendable {
  /// A page of the history, newest first.
  func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage
}

extension UserStoreActor: HistoryStore {}

extension AbsentStore: HistoryStore {
  func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage { throw Self.absent }
}
