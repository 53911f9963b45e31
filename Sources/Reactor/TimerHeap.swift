/// Pending timers, earliest first; a binary heap in which each timer knows its place, so that removal is O(log n) and
/// cancelled timers take no space.
struct TimerHeap {
  private var timers: [ReactorTimer] = []

  var first: ReactorTimer? { timers.first }
  var count: Int { timers.count }

  mutating func insert(_ timer: ReactorTimer) {
    timers.append(timer)
    timer.position = timers.count - 1
    siftUp(from: timers.count - 1)
  }

  /// Removes a timer; one that is not in the heap is left alone.
  mutating func remove(_ timer: ReactorTimer) {
    guard let position = timer.position else { return }
    timer.position = nil
    let last = timers.removeLast()
    guard last !== timer else { return }
    timers[position] = last
    last.position = position
    siftUp(from: position)
    siftDown(from: last.position ?? position)
  }

  /// Removes and returns the earliest timer that is due at `now` and was scheduled before number `sequence`.
  mutating func popDue(at now: UInt64, before sequence: UInt64) -> ReactorTimer? {
    guard let first, first.deadline <= now, first.sequence < sequence else { return nil }
    remove(first)
    return first
  }

  /// Makes every timer in the heap one that does nothing.
  func detachAll() {
    // In two passes: what a handler captured may cancel another timer when it is freed.
    for timer in timers { timer.position = nil }
    for timer in timers { timer.detach() }
  }

  private mutating func siftUp(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard ReactorTimer.isEarlier(timers[child], timers[parent]) else { return }
      exchange(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in (2 * parent + 1)...(2 * parent + 2) where child < timers.count {
        if ReactorTimer.isEarlier(timers[child], timers[least]) { least = child }
      }
      guard least != parent else { return }
      exchange(least, parent)
      parent = least
    }
  }

  private mutating func exchange(_ one: Int, _ other: Int) {
    timers.swapAt(one, other)
    timers[one].position = one
    timers[other].position = other
  }
}
