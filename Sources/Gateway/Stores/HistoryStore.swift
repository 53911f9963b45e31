public import ServiceQueue
public import UserStore

/// What became of services.
public protocol HistoryStore: Sendable {
  /// A page of the history, newest first.
  func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage
  /// What happened to a service: at most `limit` events after the first `skipped`; throws `notFound`.
  func life(of id: ServiceID, skipping skipped: Int, limit: Int) async throws(UserStoreError) -> ServiceLife
  /// Statistics of a period, by group.
  func statistics(_ query: StatisticsQuery) async throws(UserStoreError) -> [StatisticsGroup]
}

extension UserStoreActor: HistoryStore {}

extension AbsentStore: HistoryStore {
  func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage { throw Self.absent }
  func life(of id: ServiceID, skipping skipped: Int, limit: Int) async throws(UserStoreError) -> ServiceLife {
    throw Self.absent
  }
  func statistics(_ query: StatisticsQuery) async throws(UserStoreError) -> [StatisticsGroup] { throw Self.absent }
}
