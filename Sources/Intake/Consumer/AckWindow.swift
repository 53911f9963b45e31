/// Which deliveries of a channel are settled, and how to tell RabbitMQ with the fewest words. Pure.
///
/// Tags count from 1 without a gap. Settled ones are acknowledged together up to the first that is not; those behind it
/// wait for it, unless more than `holdLimit` of them do: then they are acknowledged one by one, so that one
/// slow delivery cannot use up the prefetch. Its length is bounded by the prefetch.
struct AckWindow {
  struct Ack: Hashable, Sendable {
    var tag: UInt64
    /// All up to `tag`.
    var isMultiple: Bool
  }

  private enum State { case open, settled, acknowledged }

  private let holdLimit: Int
  /// The tag of the first entry.
  private var first: UInt64 = 1
  private var entries: [State] = []
  /// Entries before it are done with; removed from time to time.
  private var head = 0
  private var open = 0
  private var held = 0

  init(holdLimit: Int) { self.holdLimit = holdLimit }

  /// Deliveries that are not settled.
  var openCount: Int { open }
  /// True when nothing is open and nothing is left to be acknowledged.
  var isEmpty: Bool { open == 0 && held == 0 }

  /// Takes in the next delivery; false when its tag is not the next one.
  mutating func receive(_ tag: UInt64) -> Bool {
    guard tag == first + UInt64(entries.count - head) else { return false }
    entries.append(.open)
    open += 1
    return true
  }

  /// Marks a delivery as settled. One that is not open is left alone.
  mutating func settle(_ tag: UInt64) {
    guard tag >= first, tag - first < UInt64(entries.count - head) else { return }
    let index = head + Int(tag - first)
    guard entries[index] == .open else { return }
    entries[index] = .settled
    open -= 1
    held += 1
  }

  /// What is to be sent now. `force`: acknowledge whatever is settled, as before closing.
  mutating func flush(force: Bool = false) -> [Ack] {
    var acks: [Ack] = []
    var (advanced, last): (Int, UInt64?) = (0, nil)
    var settled = 0
    while head + advanced < entries.count, entries[head + advanced] != .open {
      if entries[head + advanced] == .settled {
        settled += 1
        last = first + UInt64(advanced)
      }
      advanced += 1
    }
    if let last { acks.append(Ack(tag: last, isMultiple: settled > 1)) }
    held -= settled
    head += advanced
    first += UInt64(advanced)
    if head > 1024, head * 2 > entries.count {
      entries.removeFirst(head)
      head = 0
    }
    guard held > 0, force || held > holdLimit else { return acks }
    for index in head..<entries.count where entries[index] == .settled {
      entries[index] = .acknowledged
      acks.append(Ack(tag: first + UInt64(index - head), isMultiple: false))
    }
    held = 0
    return acks
  }
}
