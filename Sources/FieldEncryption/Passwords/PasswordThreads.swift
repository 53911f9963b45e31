import Foundation
import Synchronization

/// Runs scrypt on threads of its own, one computation each, and lets the others wait in a bounded line.
///
/// A thread starts with the first job that finds one missing, serves the line until it is empty, and ends: starting one
/// costs a ten-thousandth of a computation, and there is nothing to shut down. The threads give way to all others of the
/// process and the machine: a storm of logins takes what the rest leaves.
final class PasswordThreads: Sendable {
  typealias Work = @Sendable () -> Result<[UInt8], LibcryptoError>
  typealias Outcome = Result<[UInt8], PasswordError>

  private struct Job: Sendable {
    let work: Work
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private let line: Mutex<WaitingLine<Job>>
  private let lastID = Atomic<UInt64>(0)

  init(workers: Int, limit: Int) {
    line = Mutex(WaitingLine(workers: workers, limit: limit))
  }

  /// Awaits the result of `work`. Cancelled while in line: leaves it. Cancelled while computing: the result comes anyway.
  func run(_ work: @escaping Work) async -> Outcome {
    let id = lastID.add(1, ordering: .relaxed).newValue
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(Job(work: work, continuation: continuation), id: id)
        // A cancellation that came before the job stood in line has found nothing to withdraw.
        if Task.isCancelled { withdraw(id) }
      }
    } onCancel: {
      withdraw(id)
    }
  }

  private func submit(_ job: Job, id: UInt64) {
    switch line.withLock({ $0.submit(job, id: id) }) {
    case .startWorker(let job): startWorker(with: job)
    case .wait: break
    case .refuse(let job): job.continuation.resume(returning: .failure(.overloaded))
    }
  }

  private func withdraw(_ id: UInt64) {
    let job = line.withLock { $0.withdraw(id) }
    job?.continuation.resume(returning: .failure(.cancelled))
  }

  private func startWorker(with job: Job) {
    let start = Unmanaged.passRetained(WorkerStart(threads: self, job: job))
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        // Never NULL: it is what `startWorker` passes.
        let start = Unmanaged<WorkerStart>.fromOpaque(argument!).takeRetainedValue()
        start.threads.serve(first: start.job)
        return nil
      }, start.toOpaque())
    guard status != 0 else { return }
    start.release()
    let stranded = line.withLock { $0.workerFailed() }
    for job in [job] + stranded { job.continuation.resume(returning: .failure(.overloaded)) }
  }

  var load: (computing: Int, waiting: Int) { line.withLock { ($0.runningCount, $0.waitingCount) } }

  /// How much a computing thread gives way, from 0 to 19.
  private static let niceness: Int32 = 5

  private func serve(first: Job) {
    #if os(Linux)
      // There it is the calling thread's own.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
    #endif
    var job = first
    while true {
      job.continuation.resume(returning: job.work().mapError(PasswordError.library))
      switch line.withLock({ $0.next() }) {
      case .run(let next): job = next
      case .endWorker: return
      }
    }
  }

  private final class WorkerStart: Sendable {
    let threads: PasswordThreads
    let job: Job

    init(threads: PasswordThreads, job: Job) {
      self.threads = threads
      self.job = job
    }
  }
}
