import ServiceQueue

/// How far an operation is with the letters that it looks at, and how many more it may be sent. Pure.
///
/// Letters that are looked at and left are held, unacknowledged, until the operation ends: else they would come again at once. So
/// that RabbitMQ nevertheless sends few ahead, each consumer has a small prefetch, and when those it was granted are held the
/// next consumer begins; their number is bounded by `DeadLetterLimits.scan`.
struct DeadLetterScan {
  /// What a consumer may have without an acknowledgement.
  static let step = 200

  /// Letters to look at.
  let goal: Int
  /// Letters looked at.
  private(set) var seen = 0
  /// Of those: removed from the queue.
  private(set) var settled = 0
  private var granted = 0

  /// - Parameter waiting: letters that the queue has.
  init(waiting: Int) { goal = min(waiting, DeadLetterLimits.scan) }

  /// Nothing more is to be looked at.
  var isDone: Bool { seen >= goal }

  /// The prefetch of one more consumer, when those there are have all that they may.
  mutating func grant() -> Int? {
    guard !isDone, seen - settled >= granted else { return nil }
    let prefetch = min(Self.step, goal - seen)
    granted += prefetch
    return prefetch
  }

  mutating func see() { seen += 1 }
  mutating func settle() { settled += 1 }
}
