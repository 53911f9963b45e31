import NIOCore
import ServiceQueue
import Synchronization

/// Runs the jobs of all connections: each is a descendant of the one task that calls `run`, and ends by itself, as the Broker answers
/// every call within its timeout. What a job of a closed connection brings is ignored.
///
/// A short job stays on its connection's event loop, without a thread that would have to be woken; the others are in the cooperative pool.
///
/// A session bounds its own jobs; here at most `mostJobs` wait or run, and a connection whose job finds no room is closed with
/// `Disconnect.serverError`, to come again later.
final class JobRunner: Sendable {
  static let mostJobs = 32_768

  private let pool = JobLane(executor: nil)
  private let loops: [ObjectIdentifier: JobLane]
  private let underWay = Atomic<Int>(0)

  /// A runner for the connections of these event loops.
  init(group: any EventLoopGroup) {
    loops = Dictionary(
      uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), JobLane(executor: LoopExecutor($0))) })
  }

  /// False when there is no room.
  func start(_ job: ConnectionJob, of connection: ConnectionActor, on loop: any EventLoop) -> Bool {
    guard underWay.add(1, ordering: .relaxed).newValue <= Self.mostJobs else {
      underWay.subtract(1, ordering: .relaxed)
      return false
    }
    let lane = job.isShort ? loops[ObjectIdentifier(loop)] ?? pool : pool
    lane.add(job, of: connection)
    return true
  }

  /// Until cancelled.
  func run(_ services: GatewayServices) async {
    await withDiscardingTaskGroup { group in
      for lane in [pool] + loops.values {
        group.addTask(executorPreference: lane.executor) {
          await lane.run(services) { self.underWay.subtract(1, ordering: .relaxed) }
        }
      }
    }
  }
}

/// The jobs that run in one place.
private struct JobLane: Sendable {
  /// Nil for the cooperative pool.
  let executor: LoopExecutor?
  private let jobs: AsyncStream<(ConnectionActor, ConnectionJob)>
  private let continuation: AsyncStream<(ConnectionActor, ConnectionJob)>.Continuation

  init(executor: LoopExecutor?) {
    self.executor = executor
    (jobs, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(JobRunner.mostJobs))
  }

  func add(_ job: ConnectionJob, of connection: ConnectionActor) { continuation.yield((connection, job)) }

  /// Until cancelled; `ended` is called after each job.
  func run(_ services: GatewayServices, ended: @escaping @Sendable () -> Void) async {
    await withDiscardingTaskGroup { group in
      for await (connection, job) in jobs {
        group.addTask {
          await connection.run(job, services)
          ended()
        }
      }
      group.cancelAll()
    }
  }
}
