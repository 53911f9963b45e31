/// A descriptor under a reactor's eye. Not `Sendable`: it stays on the reactor's thread.
///
/// The reactor keeps a watch, and what its handler captured, alive until `cancel()` or shutdown; dropping the object does
/// not cancel it. Cancel before the descriptor is closed, also when a library closes it (libpq may replace its socket in
/// each `PQconnectPoll`: cancel before the call, watch anew after it). The watch never closes the descriptor.
public final class Watch {
  /// The watched descriptor.
  public let descriptor: CInt
  /// What the handler is told of at present.
  public private(set) var interest: Readiness

  /// What the kernel hands back with each event: tells this watch from others, earlier or later, of the same number.
  let token: UInt64
  private let reactor: Reactor
  private var handler: ((Readiness) -> Void)?

  init(
    reactor: Reactor, descriptor: CInt, generation: UInt32, interest: Readiness,
    handler: @escaping (Readiness) -> Void
  ) {
    self.reactor = reactor
    self.descriptor = descriptor
    self.interest = interest
    self.handler = handler
    token = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
  }

  /// Changes what the handler is told of, at once: what was taken away is not reported any more, even if the kernel has
  /// said it already. With an empty interest the descriptor leaves the kernel's set, so not even a hangup is reported, until
  /// the next update. After `cancel()` or shutdown nothing happens. Only on the reactor's thread.
  ///
  /// If the kernel refuses (the descriptor was closed under the watch, or memory is short) the handler is told `hangup` in
  /// the next tick.
  ///
  /// - Parameter interest: the new set, in place of the old.
  public func update(_ interest: Readiness) {
    reactor.preconditionOnThread()
    guard handler != nil, interest != self.interest else { return }
    let former = self.interest
    self.interest = interest
    if !reactor.register(self, formerInterest: former) {
      reactor.schedule(after: .zero) { self.fire(interest.union(.hangup)) }
    }
  }

  /// Ends the watch: from now on the handler is not called, whatever the kernel has reported, and it is dropped. Again, or
  /// after shutdown: nothing happens. Only on the reactor's thread.
  public func cancel() {
    reactor.preconditionOnThread()
    guard handler != nil else { return }
    reactor.unregister(self)
    detach()
  }

  /// Drops the handler without asking the kernel.
  func detach() {
    handler = nil
  }

  /// Tells the handler what the kernel reported, as far as it is asked for.
  func deliver(_ bits: UInt32) {
    let readiness = interest.delivered(for: bits)
    // An empty interest: a report that was already under way when the descriptor left the kernel's set.
    guard !interest.isEmpty, !readiness.isEmpty else { return }
    fire(readiness)
  }

  private func fire(_ readiness: Readiness) {
    handler?(readiness)
  }
}
