import Synchronization

/// The tally of a run, which all its tasks and threads write to.
final class LoadRecord: Sendable {
  let clock: LoadClock
  private let tally: Mutex<LoadTally>

  init(clock: LoadClock, tally: LoadTally) {
    self.clock = clock
    self.tally = Mutex(tally)
  }

  /// What there is so far.
  var snapshot: LoadTally { tally.withLock { $0 } }

  /// Writes to it, briefly.
  func note<Value: Sendable>(_ body: (inout LoadTally) -> Value) -> Value { tally.withLock { body(&$0) } }

  func fail(_ what: String, _ error: LoadError) { note { $0.fail(what, error.code) } }
}
