import Foundation

/// A line on standard error each few seconds.
struct LoadProgress: Sendable {
  static let interval: UInt64 = 5_000_000

  let record: LoadRecord
  let plan: LoadPlan

  /// Tells until cancelled.
  func run() async throws {
    while true {
      try await record.clock.sleep(until: record.clock.now + Self.interval)
      FileHandle.standardError.write(Data((line + "\n").utf8))
    }
  }

  private var line: String {
    let seconds = "\(record.clock.now / 1_000_000) of \(Int(plan.total)) s"
    // Within the lock: a copy of the tally would be paid for by what is counted next.
    return record.note { tally in
      let completed = (tally.courses[.completed] ?? 0) + (tally.courses[.held] ?? 0)
      return "\(seconds)  published \(tally.ledger.published.readable)  confirmed \(tally.ledger.confirmed.readable)"
        + "  on screens \(tally.ledger.seen.readable)  completed \(completed.readable)"
        + "  errors \(tally.errors.values.reduce(0, +).readable)"
    }
  }
}
