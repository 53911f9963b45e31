import ServiceQueue

/// What waits to be sent in batches, and what was sent and is not answered. `Waiter` is whoever waits for the answer.
///
/// Callers' items that wait together travel together; the items of one call stay in one batch.
struct BatchQueue<Item: Sendable, Waiter: Sendable>: Sendable {
  struct Limits: Hashable, Sendable {
    /// Items that wait or are not answered, at most; further ones are refused.
    var items: Int
    /// Items in one batch. A call has at most so many.
    var batch: Int
    /// What the items of a batch weigh together, unless one call's weigh more.
    var weight: Int
    /// Batches that are not answered, at one time; while there are as many, calls gather.
    var batches: Int
  }

  struct Entry: Sendable {
    let items: [Item]
    let weight: Int
    let waiter: Waiter
    let deadline: ContinuousClock.Instant
  }

  struct Batch: Sendable {
    /// From 1.
    let number: UInt64
    var entries: [Entry] = []
    var count = 0
    var weight = 0
  }

  let limits: Limits
  private var waiting: [Entry] = []
  private var underway: [UInt64: Batch] = [:]
  private var sent: UInt64 = 0
  /// Items that wait or are not answered.
  private(set) var count = 0

  init(limits: Limits) { self.limits = limits }

  /// True when there is something to send.
  var hasWork: Bool { !waiting.isEmpty && underway.count < limits.batches }
  /// True when nothing waits for an answer.
  var isIdle: Bool { underway.isEmpty }

  /// False when there is no room.
  mutating func add(_ entry: Entry) -> Bool {
    guard count + entry.items.count <= limits.items else { return false }
    count += entry.items.count
    waiting.append(entry)
    return true
  }

  /// The next batch to send; nil when nothing waits, or enough is under way.
  mutating func take() -> Batch? {
    guard hasWork else { return nil }
    sent += 1
    var batch = Batch(number: sent)
    var taken = 0
    for entry in waiting {
      if taken > 0, batch.count + entry.items.count > limits.batch || batch.weight + entry.weight > limits.weight {
        break
      }
      batch.entries.append(entry)
      batch.count += entry.items.count
      batch.weight += entry.weight
      taken += 1
    }
    waiting.removeFirst(taken)
    underway[batch.number] = batch
    return batch
  }

  /// The batch that is answered; nil when nobody waits for it any more.
  mutating func answered(_ number: UInt64) -> Batch? {
    guard let batch = underway.removeValue(forKey: number) else { return nil }
    count -= batch.count
    return batch
  }

  /// The stream has broken: who waits for an answer that will not come.
  mutating func lost() -> [Waiter] {
    let waiters = underway.values.flatMap { $0.entries.map(\.waiter) }
    count -= underway.values.reduce(0) { $0 + $1.count }
    underway = [:]
    return waiters
  }

  /// Who has waited for long enough: those whose items were not sent, and those who have no answer.
  mutating func expire(_ now: ContinuousClock.Instant) -> (unsent: [Waiter], unanswered: [Waiter]) {
    let unsent = waiting.filter { $0.deadline <= now }
    if !unsent.isEmpty {
      waiting.removeAll { $0.deadline <= now }
      count -= unsent.reduce(0) { $0 + $1.items.count }
    }
    var unanswered: [Waiter] = []
    // One wait for all: the entries of a batch came at about the same time.
    for (number, batch) in underway where batch.entries.allSatisfy({ $0.deadline <= now }) {
      unanswered += batch.entries.map(\.waiter)
      count -= batch.count
      underway[number] = nil
    }
    return (unsent.map(\.waiter), unanswered)
  }

  /// Nothing more is sent: who waits in vain.
  mutating func close() -> [Waiter] {
    let waiters = waiting.map(\.waiter)
    count -= waiting.reduce(0) { $0 + $1.items.count }
    waiting = []
    return waiters
  }
}
