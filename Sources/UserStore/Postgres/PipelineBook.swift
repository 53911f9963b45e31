import DequeModule

/// What has been sent and not yet been answered, in libpq's pipeline mode. Pure.
///
/// A segment is what lies between two syncs: PostgreSQL carries it out as one transaction, and after an error skips the rest
/// of it. A group of statements that writes or prepares is alone in its segment; others share one. An answer counts only
/// when its segment's sync has come, because that is when the transaction commits.
struct PipelineBook<Request> {
  /// What libpq reports, in the order in which things were sent.
  enum Answer {
    case result(SQLResult)
    /// The statement failed.
    case failure(SQLFailure)
    /// Skipped, because an earlier one of its segment failed.
    case aborted
    case sync
  }

  enum Action {
    case none
    /// A segment is over: these requests are done, those were rolled back for no fault of their own (another's statement
    /// failed, or what they relied on is not prepared) and must be sent again, and these statements are not prepared.
    case segmentEnded(done: [(Request, Result<[SQLResult], SQLFailure>)], skipped: [Request], unprepared: [String])
    /// libpq reports what was not asked for.
    case confused
  }

  private enum Expected {
    case prepare(name: String)
    case statement
    case sync
  }

  private struct Entry {
    let request: Request
    let statements: Int
    var results: [SQLResult] = []
    var failure: SQLFailure?
  }

  private var expected = Deque<Expected>()
  /// Requests that were sent, oldest first; the first `answering` belong to the segment that is being answered.
  private var entries = Deque<Entry>()
  private var current: [Entry] = []
  private var unprepared: [String] = []
  private var segmentSizes = Deque<Int>()
  private var openSize = 0
  private var failedOutside: SQLFailure?

  /// Requests in flight.
  var count: Int { entries.count + current.count }
  /// True when a segment has been begun and its sync has not been sent.
  var hasOpenSegment: Bool { openSize > 0 }

  mutating func sentPrepare(_ name: String) { expected.append(.prepare(name: name)) }

  /// A request whose statements are sent next, with `sentStatement` for each.
  mutating func begin(_ request: Request, statements: Int) {
    entries.append(Entry(request: request, statements: statements))
    openSize += 1
  }

  mutating func sentStatement() { expected.append(.statement) }

  mutating func sentSync() {
    expected.append(.sync)
    segmentSizes.append(openSize)
    openSize = 0
  }

  mutating func received(_ answer: Answer) -> Action {
    guard let next = expected.first else { return .confused }
    switch (next, answer) {
    case (.sync, .sync):
      _ = expected.popFirst()
      return endSegment()
    case (.sync, .failure(let failure)):
      // The commit itself failed.
      failedOutside = failure
      return .none
    case (.sync, .result), (.sync, .aborted), (.prepare, .sync), (.statement, .sync):
      return .confused
    case (.prepare(let name), .result):
      _ = (expected.popFirst(), name)
      return .none
    case (.prepare(let name), .failure(let failure)):
      _ = expected.popFirst()
      unprepared.append(name)
      // The statement behind it is reported as skipped; the reason is its own.
      pull()
      if !current.isEmpty { current[current.count - 1].failure = failure }
      return .none
    case (.prepare(let name), .aborted):
      _ = expected.popFirst()
      unprepared.append(name)
      return .none
    case (.statement, .result(let result)):
      _ = expected.popFirst()
      pull()
      if !current.isEmpty { current[current.count - 1].results.append(result) }
      return .none
    case (.statement, .failure(let failure)):
      _ = expected.popFirst()
      pull()
      if !current.isEmpty { current[current.count - 1].failure = failure }
      return .none
    case (.statement, .aborted):
      _ = expected.popFirst()
      return .none
    }
  }

  /// The connection is gone: everybody who is still without an answer.
  mutating func abandon() -> [Request] {
    defer { self = PipelineBook() }
    return current.map(\.request) + entries.map(\.request)
  }

  /// Brings the entry that is being answered to the end of `current`: the last one is complete or there is none.
  private mutating func pull() {
    if let last = current.last, last.results.count < last.statements, last.failure == nil { return }
    if let next = entries.popFirst() { current.append(next) }
  }

  private mutating func endSegment() -> Action {
    let size = segmentSizes.popFirst() ?? 0
    while current.count < size, let next = entries.popFirst() { current.append(next) }
    var done: [(Request, Result<[SQLResult], SQLFailure>)] = []
    var skipped: [Request] = []
    for entry in current {
      if let failure = entry.failure, failure.isRefusal(SQLState.undefinedStatement) {
        skipped.append(entry.request)
      } else if let failure = entry.failure ?? failedOutside {
        done.append((entry.request, .failure(failure)))
      } else if entry.results.count == entry.statements {
        done.append((entry.request, .success(entry.results)))
      } else {
        skipped.append(entry.request)
      }
    }
    defer {
      current = []
      unprepared = []
      failedOutside = nil
    }
    return .segmentEnded(done: done, skipped: skipped, unprepared: unprepared)
  }
}
