/// Decides who computes and who waits: at most `workers` at once, at most `limit` in line, first come first served.
///
/// Pure; ``PasswordThreads`` carries out what it says. A worker that gets no next job ends, so an idle line has no threads.
struct WaitingLine<Job> {
  enum SubmitAction {
    case startWorker(Job)
    case wait
    /// The line is full.
    case refuse(Job)
  }

  enum NextAction {
    case run(Job)
    case endWorker
  }

  private let workers: Int
  private let limit: Int
  private var running = 0
  private var waiting: [(id: UInt64, job: Job)] = []

  init(workers: Int, limit: Int) {
    self.workers = max(workers, 1)
    self.limit = max(limit, 0)
  }

  var runningCount: Int { running }
  var waitingCount: Int { waiting.count }

  mutating func submit(_ job: Job, id: UInt64) -> SubmitAction {
    if running < workers {
      running += 1
      return .startWorker(job)
    }
    guard waiting.count < limit else { return .refuse(job) }
    waiting.append((id, job))
    return .wait
  }

  /// Asked by a worker that has finished its job.
  mutating func next() -> NextAction {
    guard !waiting.isEmpty else {
      running -= 1
      return .endWorker
    }
    return .run(waiting.removeFirst().job)
  }

  /// Takes a waiting job out of the line; nil if it is not there, as when it runs already.
  mutating func withdraw(_ id: UInt64) -> Job? {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
    return waiting.remove(at: index).job
  }

  /// Takes everybody out of the line, for when the worker that would have served them cannot be started.
  mutating func workerFailed() -> [Job] {
    running -= 1
    guard running == 0 else { return [] }
    defer { waiting = [] }
    return waiting.map(\.job)
  }
}
