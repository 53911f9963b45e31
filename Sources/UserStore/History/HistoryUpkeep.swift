public import Logging
import Metrics
import Reactor
public import ServiceLifecycle

/// Looks after the history's partitions once a day: makes the coming months, and drops those that are no longer kept.
///
/// Every node does it; they take turns by a lock in PostgreSQL, and who comes second finds nothing left to do.
public struct HistoryUpkeep: ServiceLifecycle.Service {
  private let store: UserStoreActor
  private let monthsKept: Int
  private let logger: Logger
  private let failures = Counter(label: "usher_history_upkeep_failures_total")
  private static let day = Duration.seconds(86_400)
  private static let policy = Backoff(base: .seconds(1), limit: .seconds(600))

  /// - Parameters:
  ///   - store: has the history.
  ///   - monthsKept: whole months to be kept besides the current one; 0 for all.
  ///   - logger: is told what was dropped.
  public init(store: UserStoreActor, monthsKept: Int, logger: Logger) {
    self.store = store
    self.monthsKept = monthsKept
    self.logger = logger
  }

  /// Looks at once and every day, until graceful shutdown or cancellation.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var failed = 0
      while !Task.isCancelled {
        var pause = Self.day
        do {
          try await round()
          failed = 0
        } catch {
          guard !Task.isCancelled else { return }
          failures.increment()
          pause = Self.policy.delay(attempt: failed, chance: .random(in: 0..<1))
          failed += 1
          logger.warning("the history's partitions wait", metadata: ["error": "\(error)", "failures": "\(failed)"])
        }
        do { try await Task.sleep(for: pause) } catch { return }
      }
    }
  }

  /// One round.
  func round() async throws(UserStoreError) {
    try await store.makeMonthsAhead()
    guard monthsKept > 0 else { return }
    let dropped = try await store.dropHistory(keeping: monthsKept)
    if !dropped.isEmpty {
      logger.notice("dropped months of the history", metadata: ["months": "\(dropped.joined(separator: " "))"])
    }
  }
}
