/// Why a reactor could not start or could not watch a descriptor.
public struct ReactorError: Error, Hashable, CustomStringConvertible {
  /// What went wrong, for code that decides.
  public enum Code: Hashable, Sendable {
    /// The kernel gave no epoll, no eventfd or no thread.
    case startFailed
    /// The kernel refused to watch the descriptor: it is closed, or of a kind that has no readiness (a regular file).
    case watchFailed
    /// The descriptor has a watch already; cancel that first.
    case alreadyWatched
    /// The reactor is shutting down or has been shut down.
    case stopped
  }

  /// What went wrong, for code that decides.
  public let code: Code
  /// What went wrong and what to do about it, for people.
  public let message: String
  /// The kernel's error number; 0 where the kernel was not asked.
  public let errno: CInt

  init(_ code: Code, _ message: String, errno: CInt = 0) {
    self.code = code
    self.message = message
    self.errno = errno
  }

  /// The message, with the kernel's number if there is one.
  public var description: String {
    errno == 0 ? message : "\(message) (errno \(errno))"
  }
}
