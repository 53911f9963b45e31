import Dispatch
import Foundation

/// A file, looked at every few seconds: what somebody changes in it, running servers take over by themselves.
public struct WatchedFile: Sendable {
  /// The file's path.
  public let path: String
  private let interval: Duration

  /// Reading a file blocks, which tasks must not.
  private static let queue = DispatchQueue(label: "usher.files")

  /// The file at `path`, looked at every `interval`.
  public init(path: String, interval: Duration = .seconds(2)) {
    self.path = path
    self.interval = interval
  }

  /// What `body` makes of the path, on a thread that may block.
  public func read<Value: Sendable>(_ body: @escaping @Sendable (String) -> Value) async -> Value {
    let path = path
    return await Self.blocking { body(path) }
  }

  /// Looks at the file's identity, size and times, and reads it when one of them is another, or it is gone. The first look
  /// yields, too: what stood there before it was read by the caller, or changed since.
  public func changes<Value: Sendable>(_ body: @escaping @Sendable (String) -> Value) -> AsyncStream<Value> {
    // The newest is all that matters.
    let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
    let task = Task {
      var known: Version?
      while !Task.isCancelled {
        let version = await read { Version(path: $0) }
        if version != known {
          continuation.yield(await read(body))
          known = version
        }
        try? await Task.sleep(for: interval)
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  /// What tells one writing of a file from another.
  private struct Version: Equatable, Sendable {
    let device: UInt64
    let file: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int
    let changedSeconds: Int
    let changedNanoseconds: Int

    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      file = UInt64(status.st_ino)
      size = Int64(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
      changedSeconds = status.st_ctim.tv_sec
      changedNanoseconds = status.st_ctim.tv_nsec
    }
  }

  private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
