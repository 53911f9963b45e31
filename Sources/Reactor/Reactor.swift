import CReactor
import Dispatch
import Glibc
import Synchronization

/// A thread with an epoll that is also an executor: actors that own connections of C libraries, the tasks that serve them
/// and their descriptors share it, so that a ready descriptor reaches the actor's code without a change of thread.
///
/// An actor lives on it by naming it as its executor. Callbacks of the reactor that the actor creates are its own code;
/// callbacks that a C library makes enter it by `assumeIsolated`. Tasks that serve the actor prefer the reactor, or each
/// `await` and each element of a `for await` costs two changes of thread.
///
/// ```swift
/// actor Connection {
///   nonisolated let reactor: Reactor
///   nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
///   private var watch: Watch?
///
///   func open(_ descriptor: CInt) throws(ReactorError) {
///     watch = try reactor.watch(descriptor, for: .readable) { _ in self.drain() }
///   }
///
///   // A C callback, called on the reactor's thread from within drain():
///   nonisolated func replyArrived() {
///     assumeIsolated { $0.resumeOldestCaller() }
///   }
///
///   nonisolated func run() async {
///     await withTaskExecutorPreference(reactor) {
///       for await batch in commands { await self.send(batch) }
///     }
///   }
/// }
/// ```
///
/// A tick is: wait for the kernel (until the next timer, or not at all if there is work), callbacks of ready descriptors
/// (at most 128), due timers, queued jobs, hooks of `atEndOfTick`; at most 256 each of timers and jobs. What is over those
/// bounds, or is queued during a tick, comes in the next tick, which then does not sleep: neither busy descriptors nor
/// busy actors starve the others. Jobs run in the order in which they were queued; priorities are not regarded.
///
/// A reactor lives until `shutdown()`, even if nobody holds it. Whatever blocks on its thread stops all that lives there:
/// give a library that blocks a reactor of its own.
///
/// A task without that preference is served too, but each of its hops between two actors of one reactor is queued (the
/// runtime compares preferences as well), where a task with it goes on at once.
public final class Reactor: SerialExecutor, TaskExecutor,
  // What other threads touch is constant or behind `shared`'s lock; everything below "Confined" is touched only by the
  // thread that owns the reactor (`isOnThread`, checked at each entrance): its own thread, and after that has ended under
  // the lock, one fallback run at a time, which likewise begins and ends under the lock.
  @unchecked Sendable
{
  /// What other threads touch.
  struct Shared {
    var inbox = Inbox<UnownedJob>()
    var joined = false
    var shutdownWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// The name of the reactor and (its first 15 bytes) of the thread.
  public let name: String
  let shared = Mutex(Shared())
  let epoll: CInt
  let wakeUp: CInt
  /// Written once, in `init`.
  private(set) var thread = pthread_t()

  // Confined: see above.
  var watches: [CInt: Watch] = [:]
  var watchGeneration: UInt32 = 0
  var timers = TimerHeap()
  var timerSequence: UInt64 = 0
  var hooks: [() -> Void] = []
  /// Jobs taken from the inbox; those before `nextJob` have been run.
  var batch: [UnownedJob] = []
  var nextJob = 0

  /// Starts the thread.
  ///
  /// - Parameter name: what tools such as `top -H` show; Linux keeps 15 bytes of it.
  /// - Throws: `startFailed` if the kernel has no descriptor or thread to give.
  public init(name: String) throws(ReactorError) {
    self.name = name
    epoll = creactor_epoll_create()
    guard epoll >= 0 else {
      throw ReactorError(
        .startFailed, "No epoll for reactor \(name): raise the limit of open files", errno: -epoll)
    }
    wakeUp = creactor_eventfd_create()
    guard wakeUp >= 0 else {
      close(epoll)
      throw ReactorError(
        .startFailed, "No eventfd for reactor \(name): raise the limit of open files",
        errno: -wakeUp)
    }
    var result = -creactor_epoll_add(epoll, wakeUp, UInt32(CREACTOR_READABLE), Reactor.wakeUpToken)
    if result == 0 {
      let context = Unmanaged.passRetained(self)
      let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        context in
        guard let context else { return nil }
        Unmanaged<Reactor>.fromOpaque(context).takeRetainedValue().runThread()
        return nil
      }
      result = pthread_create(&thread, nil, start, context.toOpaque())
      if result != 0 { context.release() }
    }
    guard result == 0 else {
      close(epoll)
      close(wakeUp)
      throw ReactorError(
        .startFailed, "No thread for reactor \(name): raise the limit of threads", errno: result)
    }
  }

  /// Whether the caller runs on the reactor: on its thread, or after shutdown in one of the jobs that came late.
  public var isOnThread: Bool {
    creactor_thread_owner() == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Ends the reactor: refuses new watches and timers, drops those there are without calling them, runs every job that is
  /// queued and the jobs which these queue in turn (64 rounds at most), closes its descriptors and joins the thread. Returns
  /// when the thread is gone; any number of callers may wait. The caller is suspended, no thread is blocked. Cancelling the
  /// caller does not hurry it: a job that blocks the thread delays it.
  ///
  /// Jobs that come later, or are left after 64 rounds, are still run, one at a time and in order, on a thread of the
  /// system's pool, where `isOnThread` holds: no task that awaits an actor of the reactor hangs. So close the connections
  /// first and the reactor last, but a straggler does no harm.
  public func shutdown() async {
    await withCheckedContinuation { waiter in
      let (action, joined) = shared.withLock { shared in
        if !shared.joined { shared.shutdownWaiters.append(waiter) }
        return (shared.inbox.stop(), shared.joined)
      }
      if joined { waiter.resume() }
      perform(action)
    }
  }
}

extension Reactor {
  static let wakeUpToken = UInt64.max

  func preconditionOnThread() {
    precondition(isOnThread, "This may be called only on the thread of reactor \(name)")
  }

  func perform(_ action: Inbox<UnownedJob>.Action) {
    switch action {
    case .none: break
    case .wake: creactor_eventfd_signal(wakeUp)
    case .runFallback: DispatchQueue.global().async { self.runFallbackRound() }
    }
  }
}
