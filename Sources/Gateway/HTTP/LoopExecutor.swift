import Hummingbird
import NIOCore

/// Runs tasks on an event loop: what answers a short request stays on its connection's loop, in place of a thread of the cooperative pool
/// that would have to be woken for it, and the loop again for the answer.
///
/// Used with `withTaskExecutorPreference`. What runs there holds up every connection of the loop, so only work of far less than a
/// millisecond between two waits belongs there; see `RouteTable.Effort`.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

extension ResponseBody {
  /// A body that takes a millisecond or more to make: written in the cooperative pool, off its connection's loop.
  static func long(_ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void) -> ResponseBody {
    ResponseBody { writer in
      try await withTaskExecutorPreference(globalConcurrentExecutor) { try await write(&writer) }
    }
  }
}
