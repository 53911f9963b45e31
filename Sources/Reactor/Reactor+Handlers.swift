import CReactor
import Glibc
import Synchronization

extension Reactor {
  /// Watches a descriptor and calls the handler once a tick for as long as something of the interest holds. Only on the
  /// reactor's thread. See `Watch` for who keeps what alive.
  ///
  /// - Parameters:
  ///   - fd: an open descriptor of a kind that has readiness (not a regular file), without another watch here.
  ///   - interest: what to be told of; `hangup` always is. Empty: nothing until `Watch.update(_:)`.
  ///   - handler: is given what holds. It must deal with it (read, write, cancel or update), or it is called again at once.
  /// - Returns: the handle to change and end the watch.
  /// - Throws: `stopped` after shutdown, `alreadyWatched`, or `watchFailed` with the kernel's error.
  public func watch(
    _ fd: CInt, for interest: Readiness, _ handler: @escaping (Readiness) -> Void
  ) throws(ReactorError) -> Watch {
    preconditionOnThread()
    guard acceptsHandlers else {
      throw ReactorError(.stopped, "Reactor \(name) is shut down and watches nothing")
    }
    // A former watch that is still in the kernel's set makes the kernel refuse this one; if it does not, the descriptor
    // was closed under it. One with an empty interest proves nothing, so it is refused here.
    let former = watches[fd]
    if let former, former.interest.isEmpty {
      throw ReactorError(.alreadyWatched, "Descriptor \(fd) has a watch already: cancel it first")
    }
    watchGeneration &+= 1
    let watch = Watch(
      reactor: self, descriptor: fd, generation: watchGeneration, interest: interest,
      handler: handler)
    let result = interest.isEmpty ? 0 : -creactor_epoll_add(epoll, fd, interest.bits, watch.token)
    guard result != EEXIST, !(interest.isEmpty && former != nil) else {
      throw ReactorError(
        .alreadyWatched, "Descriptor \(fd) has a watch already: cancel it first", errno: result)
    }
    guard result == 0 else {
      throw ReactorError(
        .watchFailed, "Descriptor \(fd) cannot be watched: is it open, and no file?", errno: result)
    }
    watches[fd] = watch
    former?.detach()
    return watch
  }

  /// Calls the handler once, in the first tick that begins after the delay. Only on the reactor's thread. Timers fire in the
  /// order of their deadlines, those of one deadline in the order in which they were scheduled; never early, and about a
  /// millisecond late.
  ///
  /// - Parameters:
  ///   - delay: from now; zero or less means in the next tick.
  ///   - handler: what to call. After shutdown it is dropped at once, and never called.
  /// - Returns: the handle to cancel it.
  @discardableResult
  public func schedule(after delay: Duration, _ handler: @escaping () -> Void) -> ReactorTimer {
    preconditionOnThread()
    timerSequence += 1
    let accepted = acceptsHandlers
    let timer = ReactorTimer(
      reactor: self, deadline: Reactor.deadline(after: delay, from: creactor_now()),
      sequence: timerSequence,
      handler: accepted ? handler : nil)
    if accepted { timers.insert(timer) }
    return timer
  }

  /// Calls the handler once at the end of the present tick, after its callbacks, timers and jobs: what they all wrote can go
  /// out in one flush. A hook that is added by a hook is called at the end of the next tick, which does not sleep. Only on
  /// the reactor's thread; during and after shutdown too.
  ///
  /// - Parameter handler: what to call.
  public func atEndOfTick(_ handler: @escaping () -> Void) {
    preconditionOnThread()
    hooks.append(handler)
  }
}

extension Reactor {
  private var acceptsHandlers: Bool {
    shared.withLock { $0.inbox.isRunning }
  }

  /// Brings the kernel's set in line with a watch whose interest has changed; returns whether it took it.
  func register(_ watch: Watch, formerInterest: Readiness) -> Bool {
    guard watches[watch.descriptor] === watch else { return true }
    if watch.interest.isEmpty {
      // An error means that the descriptor was closed, and has thereby left the set.
      _ = creactor_epoll_remove(epoll, watch.descriptor)
      return true
    }
    let bits = watch.interest.bits
    // A descriptor that the kernel no longer has here was closed; under its number there may be a stranger by now, so it is
    // not added anew.
    return formerInterest.isEmpty
      ? creactor_epoll_add(epoll, watch.descriptor, bits, watch.token) == 0
      : creactor_epoll_modify(epoll, watch.descriptor, bits, watch.token) == 0
  }

  /// Takes a watch out of the table and of the kernel's set, unless another has taken over its descriptor's number.
  func unregister(_ watch: Watch) {
    guard watches[watch.descriptor] === watch else { return }
    watches[watch.descriptor] = nil
    if !watch.interest.isEmpty { _ = creactor_epoll_remove(epoll, watch.descriptor) }
  }

  func remove(_ timer: ReactorTimer) {
    timers.remove(timer)
  }

  /// Ends all watches and timers without calling them.
  func dropHandlers() {
    // Emptied first: what the handlers captured may come back here when it is freed.
    let (watches, timers) = (watches, timers)
    self.watches = [:]
    self.timers = TimerHeap()
    for watch in watches.values {
      if !watch.interest.isEmpty { _ = creactor_epoll_remove(epoll, watch.descriptor) }
      watch.detach()
    }
    timers.detachAll()
  }

  /// A deadline in nanoseconds of the monotonic clock; far ones are cut to what it can express.
  static func deadline(after delay: Duration, from now: UInt64) -> UInt64 {
    let (seconds, attoseconds) = delay.components
    guard seconds >= 0, attoseconds >= 0 else { return now }
    // Up to the next nanosecond, so as not to be early.
    let fraction = UInt64((attoseconds + 999_999_999) / 1_000_000_000)
    let whole = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let delay = whole.partialValue.addingReportingOverflow(fraction)
    let deadline = now.addingReportingOverflow(delay.partialValue)
    return whole.overflow || delay.overflow || deadline.overflow ? .max : deadline.partialValue
  }

  /// How long to wait for a deadline, in whole milliseconds and not too short; `-1`: for ever.
  static func timeout(until deadline: UInt64?, from now: UInt64) -> CInt {
    guard let deadline else { return -1 }
    guard deadline > now else { return 0 }
    let left = deadline - now
    return CInt(clamping: left / 1_000_000 + (left % 1_000_000 == 0 ? 0 : 1))
  }
}
