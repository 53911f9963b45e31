/// A wait of an actor on its reactor that can be ended before its time. Not `Sendable`: it stays on the reactor's thread.
///
/// One wait at a time.
public final class ReactorPause {
  private var waiting: (timer: ReactorTimer, continuation: CheckedContinuation<Void, Never>)?

  /// Nobody waits.
  public init() {}

  /// Waits so long, or until `end`. Only on the thread of `reactor`, which also goes on while this waits.
  public func wait(
    _ duration: Duration, on reactor: Reactor, isolation: isolated (any Actor)? = #isolation
  ) async {
    await withCheckedContinuation { continuation in
      let timer = reactor.schedule(after: duration) { self.end() }
      waiting = (timer, continuation)
    }
  }

  /// Ends the wait, if there is one.
  public func end() {
    guard let (timer, continuation) = waiting.take() else { return }
    timer.cancel()
    continuation.resume()
  }
}
