import ServiceQueue

@testable import Gateway
@testable import UserStore

/// A history in which nothing has happened.
struct MemoryHistory: HistoryStore {
  func history(_ query: HistoryQuery) async throws(UserStoreError) -> HistoryPage {
    HistoryPage(entries: [], next: nil)
  }
  func life(of id: ServiceID, skipping skipped: Int, limit: Int) async throws(UserStoreError) -> ServiceLife {
    throw UserStoreError(.notFound, "nothing has happened")
  }
  func statistics(_ query: StatisticsQuery) async throws(UserStoreError) -> [StatisticsGroup] { [] }
}
