/// The deadlines of a loop's connections, one each, counted in ticks: pure, without a clock. Setting, moving and clearing one
/// costs the same however many there are, and allocates nothing but when there are more seats than ever before.
///
/// A deadline further away than the wheel's `slots` ticks stays in its slot for further turns.
struct TimerWheel: Sendable {
  /// A place in the wheel; small, counted from 0, the holder's own.
  typealias Seat = Int

  static let slots = 512

  private struct Node {
    var due: UInt32 = 0
    /// Neighbours in the slot; -1 for none.
    var next: Int32 = -1
    var previous: Int32 = -1
    var isSet = false
  }

  private var nodes: [Node] = []
  private var heads = [Int32](repeating: -1, count: TimerWheel.slots)
  /// The tick up to which everything has been told.
  private(set) var now: UInt32

  init(now: UInt32 = 0) { self.now = now }

  /// Sets the seat's deadline in place of what it had. One that is past is due at the next tick.
  mutating func set(_ seat: Seat, due: UInt32) {
    if seat >= nodes.count { nodes.append(contentsOf: repeatElement(Node(), count: seat + 1 - nodes.count)) }
    clear(seat)
    let due = max(due, now + 1)
    let slot = Int(due) % Self.slots
    let head = heads[slot]
    nodes[seat] = Node(due: due, next: head, previous: -1, isSet: true)
    if head >= 0 { nodes[Int(head)].previous = Int32(seat) }
    heads[slot] = Int32(seat)
  }

  mutating func clear(_ seat: Seat) {
    guard seat < nodes.count, nodes[seat].isSet else { return }
    let node = nodes[seat]
    if node.previous >= 0 {
      nodes[Int(node.previous)].next = node.next
    } else {
      heads[Int(node.due) % Self.slots] = node.next
    }
    if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
    nodes[seat].isSet = false
  }

  /// Time has come to `tick`: the seats that are due, each of which is clear then.
  mutating func advance(to tick: UInt32) -> [Seat] {
    guard tick > now else { return [] }
    var due = [Seat]()
    // After a long sleep every slot is looked at once.
    let first = tick - now > UInt32(Self.slots) ? tick - UInt32(Self.slots) + 1 : now + 1
    for turn in first...tick {
      var seat = heads[Int(turn) % Self.slots]
      while seat >= 0 {
        let node = nodes[Int(seat)]
        if node.due <= tick {
          clear(Int(seat))
          due.append(Int(seat))
        }
        seat = node.next
      }
    }
    now = tick
    return due
  }
}
