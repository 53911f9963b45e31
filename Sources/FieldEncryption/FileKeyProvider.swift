import Dispatch
import Foundation

/// A keyset file, looked at every few seconds: what `usher keyset` changes, running servers take over by themselves.
public struct FileKeyProvider: KeyProvider {
  /// The file's path.
  public let place: String
  private let interval: Duration

  /// Reading a file blocks, which tasks must not.
  private static let queue = DispatchQueue(label: "usher.keyset")

  /// The file at `path`, looked at every `interval`.
  public init(path: String, interval: Duration = .seconds(2)) {
    place = path
    self.interval = interval
  }

  /// Reads the file; refuses one that its group or others may access.
  public func keyset() async throws(KeysetError) -> Keyset {
    try await Self.read(place).get()
  }

  /// Looks at the file's identity, size and times, and reads it when one of them is another.
  public func changes() -> AsyncStream<Result<Keyset, KeysetError>> {
    // The newest is all that matters.
    let (stream, continuation) = AsyncStream.makeStream(
      of: Result<Keyset, KeysetError>.self, bufferingPolicy: .bufferingNewest(1))
    let (place, interval) = (place, interval)
    let task = Task {
      // What stood there before the first look was read by the caller, or changed since: the first look yields, too.
      var known: FileVersion?
      while !Task.isCancelled {
        let version = await Self.version(of: place)
        if version != known {
          continuation.yield(await Self.read(place))
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
  private struct FileVersion: Equatable, Sendable {
    let device: UInt64
    let file: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int
    let changedSeconds: Int
    let changedNanoseconds: Int
  }

  private static func version(of path: String) async -> FileVersion? {
    await blocking {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      return FileVersion(
        device: UInt64(status.st_dev), file: UInt64(status.st_ino), size: Int64(status.st_size),
        seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
        changedSeconds: status.st_ctim.tv_sec, changedNanoseconds: status.st_ctim.tv_nsec)
    }
  }

  private static func read(_ path: String) async -> Result<Keyset, KeysetError> {
    await blocking {
      do throws(KeysetError) {
        return .success(try Keyset(contentsOfFile: path))
      } catch {
        return .failure(error)
      }
    }
  }

  private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
