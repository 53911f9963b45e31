import ServiceQueue
import Synchronization

/// Runs the jobs of all connections: each is a child of the one task that calls `run`, and ends by itself, as the Broker answers
/// every call within its timeout. What a job of a closed connection brings is ignored.
///
/// A session bounds its own jobs; here at most `mostJobs` wait or run, and a connection whose job finds no room is closed with
/// `Disconnect.serverError`, to come again later.
final class JobRunner: Sendable {
  static let mostJobs = 32_768

  private let jobs: AsyncStream<(ConnectionActor, ConnectionJob)>
  private let continuation: AsyncStream<(ConnectionActor, ConnectionJob)>.Continuation
  private let underWay = Atomic<Int>(0)

  init() {
    (jobs, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.mostJobs))
  }

  /// False when there is no room.
  func start(_ job: ConnectionJob, of connection: ConnectionActor) -> Bool {
    guard underWay.add(1, ordering: .relaxed).newValue <= Self.mostJobs else {
      underWay.subtract(1, ordering: .relaxed)
      return false
    }
    continuation.yield((connection, job))
    return true
  }

  /// Until cancelled.
  func run(_ services: GatewayServices) async {
    await withDiscardingTaskGroup { group in
      for await (connection, job) in jobs {
        group.addTask {
          await connection.run(job, services)
          self.underWay.subtract(1, ordering: .relaxed)
        }
      }
      group.cancelAll()
    }
  }
}
