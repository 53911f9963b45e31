import Foundation

/// A keyset file that is changed by one writer at a time. Blocks on the file system and on other writers: for commands.
public struct KeysetFile: Sendable {
  /// Where it is.
  public let path: String

  /// The file at `path`, which need not exist yet.
  public init(path: String) { self.path = path }

  /// Writes a new keyset where there is no file.
  public func create() throws(KeysetError) -> Keyset {
    try locked { () throws(KeysetError) in
      guard access(path, F_OK) != 0 else {
        throw .refused("\(path) exists: a keyset that is overwritten makes its data unreadable for ever")
      }
      let keyset = try Keyset.generate()
      try keyset.write(toFile: path)
      return keyset
    }
  }

  /// Replaces the keyset by what `change` makes of it, in one step, with nobody else's change in between. Throws what
  /// `change` throws; then the file is as it was.
  public func change(_ change: (Keyset) throws(KeysetError) -> Keyset) throws(KeysetError) -> Keyset {
    try locked { () throws(KeysetError) in
      let keyset = try change(try Keyset(contentsOfFile: path))
      try keyset.write(toFile: path)
      return keyset
    }
  }

  /// Holds a lock on a file beside the keyset: the keyset's own file is replaced with each change.
  private func locked<Value>(_ body: () throws(KeysetError) -> Value) throws(KeysetError) -> Value {
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("opening its lock") }
    // Closing releases the lock.
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw failure("locking") }
    }
    return try body()
  }

  private func failure(_ doing: String) -> KeysetError {
    .file(path: path, reason: "\(doing) failed: \(String(cString: strerror(errno)))")
  }
}
