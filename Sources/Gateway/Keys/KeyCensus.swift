import UserStore

/// Keeps many who look from counting all values at once: one count at a time, and what it found is told for ten seconds.
actor KeyCensus: KeyStore {
  private static let age: Duration = .seconds(10)

  private let store: any KeyStore
  private var last: (at: ContinuousClock.Instant, found: KeyOverview)?
  private var underWay: Task<Result<KeyOverview, UserStoreError>, Never>?

  init(of store: any KeyStore) { self.store = store }

  func keyOverview() async throws(UserStoreError) -> KeyOverview {
    if let last, last.at.duration(to: .now) < Self.age { return last.found }
    let task = underWay ?? Task { await count() }
    underWay = task
    return try await task.value.get()
  }

  private func count() async -> Result<KeyOverview, UserStoreError> {
    defer { underWay = nil }
    do throws(UserStoreError) {
      let found = try await store.keyOverview()
      last = (at: .now, found: found)
      return .success(found)
    } catch { return .failure(error) }
  }
}
