/// What became of each request, by its number. Pure.
struct RequestLedger: Sendable {
  private struct Marks: OptionSet {
    let rawValue: UInt8
    static let published = Marks(rawValue: 1)
    static let confirmed = Marks(rawValue: 2)
    static let refused = Marks(rawValue: 4)
    static let seen = Marks(rawValue: 8)
    static let found = Marks(rawValue: 16)
  }

  /// When each is due, in microseconds from the beginning.
  let due: [UInt64]
  private var marks: [Marks]
  private(set) var published = 0
  private(set) var confirmed = 0
  private(set) var refused = 0
  private(set) var seen = 0

  init(due: [UInt64]) {
    self.due = due
    marks = Array(repeating: [], count: due.count)
  }

  mutating func publish(_ number: Int) { if mark(number, .published) { published += 1 } }

  mutating func answer(_ number: Int, isTaken: Bool) {
    if isTaken {
      if mark(number, .confirmed) { confirmed += 1 }
    } else if mark(number, .refused) {
      refused += 1
    }
  }

  /// A viewer has it on its screen; true for the first one.
  mutating func see(_ number: Int) -> Bool {
    guard mark(number, .seen) else { return false }
    seen += 1
    return true
  }

  /// It was found in the queue or in the history after the run.
  mutating func find(_ number: Int) { _ = mark(number, .found) }

  /// Published ones that no viewer saw and that were not found: what RabbitMQ refused was never promised.
  var missing: [Int] {
    marks.indices.filter { number in
      let marks = marks[number]
      return marks.contains(.published) && marks.isDisjoint(with: [.seen, .found, .refused])
    }
  }

  /// False when it was so before, or when there is no such request.
  private mutating func mark(_ number: Int, _ mark: Marks) -> Bool {
    guard marks.indices.contains(number) else { return false }
    return marks[number].insert(mark).inserted
  }
}
