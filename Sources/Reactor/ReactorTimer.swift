/// A handler that a reactor calls once, later. Not `Sendable`: it stays on the reactor's thread.
///
/// The reactor keeps a pending timer alive; dropping the object does not cancel it.
public final class ReactorTimer {
  private let reactor: Reactor
  private var handler: (() -> Void)?

  /// Nanoseconds of the monotonic clock.
  let deadline: UInt64
  /// Orders timers of one deadline as they were scheduled.
  let sequence: UInt64
  /// Where it stands in the heap; `nil` outside. The heap's own note.
  var position: Int?

  init(reactor: Reactor, deadline: UInt64, sequence: UInt64, handler: (() -> Void)?) {
    self.reactor = reactor
    self.deadline = deadline
    self.sequence = sequence
    self.handler = handler
  }

  /// Sees to it that the handler is not called (again), and drops it. O(log n); again, or after firing: nothing happens.
  /// Only on the reactor's thread.
  public func cancel() {
    reactor.preconditionOnThread()
    reactor.remove(self)
    detach()
  }

  /// Drops the handler.
  func detach() {
    handler = nil
  }

  func fire() {
    let handler = handler.take()
    handler?()
  }

  static func isEarlier(_ one: ReactorTimer, _ other: ReactorTimer) -> Bool {
    (one.deadline, one.sequence) < (other.deadline, other.sequence)
  }
}
