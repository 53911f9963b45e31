import Synchronization

extension Reactor {
  /// Queues a job of an actor that lives here, or of a task that prefers this executor. From any thread; wakes the thread if
  /// it sleeps.
  ///
  /// - Parameter job: what to run.
  public func enqueue(_ job: consuming ExecutorJob) {
    let unowned = UnownedJob(job)
    perform(shared.withLock { $0.inbox.add(unowned) })
  }

  /// What an actor returns as its `unownedExecutor`. The actor must hold the reactor.
  ///
  /// - Returns: a reference that does not keep the reactor alive.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// What tasks that prefer this executor refer to.
  ///
  /// - Returns: a reference that does not keep the reactor alive.
  public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
    UnownedTaskExecutor(ordinary: self)
  }

  /// Traps unless the caller is on the reactor; what `assumeIsolated` relies on outside of tasks.
  public func checkIsolated() {
    preconditionOnThread()
  }

  /// Whether the caller may touch the state of actors that live here.
  ///
  /// - Returns: `isOnThread`; never `nil`.
  public func isIsolatingCurrentContext() -> Bool? {
    isOnThread
  }
}
