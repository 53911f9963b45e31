/// The part of a reactor that other threads touch: the jobs they left, and who must be woken for them. Pure; the reactor
/// keeps it behind a lock and carries out the actions after releasing it.
///
/// No wake-up is lost, because the thread declares itself asleep in the same step in which it sees the queue empty; none is
/// wasted, because only the first job for a sleeping thread asks for a signal. A signal asked for is always sent and always
/// consumed once, so the descriptor that carries it can be closed when none is pending.
///
/// The queue has no bound of its own: an executor may not refuse work. Its length is bounded by the number of tasks and
/// actors that are ready to run, which their owners bound.
struct Inbox<Job> {
  enum Action: Equatable {
    case none
    /// Signal the thread.
    case wake
    /// The thread is gone: start one fallback run.
    case runFallback
  }

  enum Wait: Equatable {
    /// Wait for descriptors, timers or a signal.
    case sleep
    /// There is work: only ask the descriptors.
    case poll
    /// Shutdown was asked for.
    case stop
  }

  private enum Phase {
    case running
    case stopping
    /// The thread is gone; jobs go to the fallback, one run at a time.
    case stopped(fallbackActive: Bool)
  }

  private var jobs: [Job] = []
  private var phase = Phase.running
  private var asleep = false
  private(set) var wakePending = false

  /// Whether new watches and timers are accepted.
  var isRunning: Bool {
    if case .running = phase { true } else { false }
  }

  /// Queues a job behind all others.
  mutating func add(_ job: Job) -> Action {
    jobs.append(job)
    switch phase {
    case .running, .stopping:
      return wakeIfAsleep()
    case .stopped(fallbackActive: true):
      return .none
    case .stopped(fallbackActive: false):
      phase = .stopped(fallbackActive: true)
      return .runFallback
    }
  }

  /// Asks the thread to end. Again: nothing happens.
  mutating func stop() -> Action {
    guard case .running = phase else { return .none }
    phase = .stopping
    return wakeIfAsleep()
  }

  private mutating func wakeIfAsleep() -> Action {
    guard asleep, !wakePending else { return .none }
    wakePending = true
    return .wake
  }

  /// The thread is about to ask the kernel. `idle`: it has no work of its own left.
  mutating func prepareToWait(idle: Bool) -> Wait {
    switch phase {
    case .running:
      guard idle, jobs.isEmpty else { return .poll }
      asleep = true
      return .sleep
    case .stopping, .stopped:
      return .stop
    }
  }

  /// The thread is back from the kernel. `signalled`: it has consumed a signal.
  mutating func awake(signalled: Bool) {
    asleep = false
    if signalled { wakePending = false }
  }

  /// Exchanges the queued jobs for an empty array (whose storage is used again).
  mutating func take(into batch: inout [Job]) {
    swap(&jobs, &batch)
  }

  /// The thread would like to end. Allowed once nothing is queued and it has no work of its own (`idle`), or when
  /// `forced`; what is left then falls to the fallback. `nil`: there is work, go on.
  mutating func finish(idle: Bool, forced: Bool) -> Action? {
    let workLeft = !idle || !jobs.isEmpty
    guard forced || !workLeft else { return nil }
    phase = .stopped(fallbackActive: workLeft)
    return workLeft ? .runFallback : Action.none
  }

  /// A fallback run has done one round; returns whether another must follow.
  mutating func fallbackRoundEnded(idle: Bool) -> Bool {
    let workLeft = !idle || !jobs.isEmpty
    phase = .stopped(fallbackActive: workLeft)
    return workLeft
  }
}
