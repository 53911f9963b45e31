import CReactor
import Dispatch
import Glibc
import Synchronization

/// What the thread does.
extension Reactor {
  private static let jobsPerTick = 256
  private static let timersPerTick = 256
  private static let roundsAtShutdown = 64
  /// A batch's storage is kept for the next one up to this many jobs.
  private static let keptCapacity = 4096

  /// The thread's main function.
  func runThread() {
    creactor_thread_prepare(name)
    creactor_thread_set_owner(Unmanaged.passUnretained(self).toOpaque())
    var events = [creactor_event](repeating: creactor_event(), count: Int(CREACTOR_MAX_EVENTS))
    while true {
      let wait = shared.withLock { $0.inbox.prepareToWait(idle: isIdle) }
      if wait == .stop { break }
      deliver(&events, mayWait: wait == .sleep)
      fireTimers()
      runJobs(atMost: Reactor.jobsPerTick)
      runHooks()
    }
    finish()
  }

  /// Whether there is nothing to do but what the kernel and the inbox have.
  private var isIdle: Bool {
    nextJob == batch.count && hooks.isEmpty
  }

  private func deliver(_ events: inout [creactor_event], mayWait: Bool) {
    let timeout = mayWait ? Reactor.timeout(until: timers.first?.deadline, from: creactor_now()) : 0
    let count = events.withUnsafeMutableBufferPointer {
      creactor_epoll_wait(epoll, $0.baseAddress, timeout)
    }
    guard count >= 0 else {
      // Only a foreign close() of our epoll leads here; nothing that lives on this thread would ever hear of anything again.
      fatalError("The epoll of reactor \(name) was closed by others (errno \(-count))")
    }
    let ready = events[..<Int(count)]
    let signalled = ready.contains { $0.token == Reactor.wakeUpToken }
    if signalled { creactor_eventfd_consume(wakeUp) }
    shared.withLock { $0.inbox.awake(signalled: signalled) }
    for event in ready where event.token != Reactor.wakeUpToken {
      // A watch that was cancelled in this batch is gone, one that took over its descriptor's number has another token.
      let descriptor = CInt(truncatingIfNeeded: event.token)
      guard let watch = watches[descriptor], watch.token == event.token else { continue }
      watch.deliver(event.readiness)
    }
  }

  private func fireTimers() {
    guard timers.first != nil else { return }
    let now = creactor_now()
    let next = timerSequence + 1
    for _ in 0..<Reactor.timersPerTick {
      guard let timer = timers.popDue(at: now, before: next) else { return }
      timer.fire()
    }
  }

  private func runJobs(atMost limit: Int) {
    if nextJob == batch.count {
      batch.removeAll(keepingCapacity: batch.capacity <= Reactor.keptCapacity)
      nextJob = 0
      shared.withLock { $0.inbox.take(into: &batch) }
    }
    let end = limit < batch.count - nextJob ? nextJob + limit : batch.count
    let (serial, task) = (asUnownedSerialExecutor(), asUnownedTaskExecutor())
    while nextJob < end {
      let job = batch[nextJob]
      nextJob += 1
      job.runSynchronously(isolatedTo: serial, taskExecutor: task)
    }
  }

  private func runHooks() {
    guard !hooks.isEmpty else { return }
    let due = hooks
    hooks = []
    for hook in due { hook() }
  }

  private func finish() {
    dropHandlers()
    var round = 0
    var left: Inbox<UnownedJob>.Action?
    repeat {
      // Twice: what a former batch left over, and then what is queued.
      runJobs(atMost: .max)
      runJobs(atMost: .max)
      runHooks()
      round += 1
      left = shared.withLock {
        $0.inbox.finish(idle: isIdle, forced: round >= Reactor.roundsAtShutdown)
      }
    } while left == nil
    creactor_thread_set_owner(nil)

    // A signal may still be under way; after it nobody writes to the descriptor any more.
    if shared.withLock({ $0.inbox.wakePending }) { creactor_eventfd_consume(wakeUp) }
    close(wakeUp)
    close(epoll)
    // Joining waits for the few instructions that this thread still has; not on a thread of the cooperative pool, and
    // before any fallback run that may be an awaited caller of shutdown.
    DispatchQueue.global().async { self.join() }
    if let left { perform(left) }
  }

  private func join() {
    pthread_join(thread, nil)
    let waiters = shared.withLock { shared in
      let waiters = shared.shutdownWaiters
      shared.shutdownWaiters = []
      shared.joined = true
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// One round of the jobs that came after the thread's end. One at a time is under way: see `Inbox`.
  func runFallbackRound() {
    let outer = creactor_thread_owner()
    creactor_thread_set_owner(Unmanaged.passUnretained(self).toOpaque())
    runJobs(atMost: .max)
    runHooks()
    // Given back before another round may begin elsewhere.
    creactor_thread_set_owner(outer)
    if shared.withLock({ $0.inbox.fallbackRoundEnded(idle: isIdle) }) { perform(.runFallback) }
  }
}
